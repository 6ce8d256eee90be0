"""
A function for each route of the API, in a module for each resource.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""
