"""What the cluster itself runs: DNS, volumes, policies and certificates, as any cluster offers them."""
