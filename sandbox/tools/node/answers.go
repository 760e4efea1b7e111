package main

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

const answerTimeout = time.Second

// answers says whether something is there, as a kubelet's probe would: a certificate is not looked at, since nothing
// is told to the other side.
func answers(address Address) bool {
	if address.Network == "https" {
		return succeeds(address.Address)
	}
	connection, err := net.DialTimeout(address.Network, address.Address, answerTimeout)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}

func succeeds(url string) bool {
	client := http.Client{
		Timeout: answerTimeout,
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			DisableKeepAlives: true,
		},
	}
	response, err := client.Get(url)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}
