"""What the acceptance tests share: the server as its clients see it, through public SDKs alone."""
