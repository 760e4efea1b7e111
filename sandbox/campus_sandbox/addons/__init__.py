"""What the cluster itself runs so that the product finds what any cluster offers: DNS, volumes, policies, certificates."""
