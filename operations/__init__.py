"""What a person does with a running stack: hear it speak, see how it is, read its logs."""
