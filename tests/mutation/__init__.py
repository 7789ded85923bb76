"""`make prove-commits`: loses the commit of each unit of work in turn, and expects a test to fail."""
