"""The DynamoDB projection: keys, versions, conditional writes, pages. Nothing here calls Mux."""
