"""The documentation as a site: what its pages take from the code, the README and the glossary when `make docs` builds it."""
