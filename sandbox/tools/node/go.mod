module github.com/campus-voice/sandbox/node

go 1.24.0
