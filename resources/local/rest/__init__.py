"""The embedded REST server: real answers from packaged data, and endpoints that misbehave on purpose."""
