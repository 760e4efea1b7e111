"""What one sees of the campuses from outside."""
