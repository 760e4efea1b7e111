"""A stand-in for the official random provider: RandomId, RandomString and RandomPassword."""
