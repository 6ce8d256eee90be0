"""The processes of the server: web and jobs in one, or in many."""
