"""OpenAPI 3.0 and 3.1 and Swagger 2: two versions of an HTTP interface side by side.

templates    paths with parameters
view         an interface as one shape, and ways to find things in it
read         a document as such a view
"""
