# SPDX-License-Identifier: MIT
"""Sphinx configuration; `make docs` writes HTML to build/docs."""

project = "qnn"
copyright = "the qnn developers"
extensions = []
source_suffix = ".rst"
root_doc = "index"
exclude_patterns = ["man"]
html_theme = "alabaster"
nitpicky = True
