"""From the executed solutions, the documents and the docstrings to the course as a web site.

`lessons` turns a solution notebook into a page (exercise open, hints and solution folded), `figures` moves pictures
out of it into files, `links` leads every link to the page or the file it means, `reference` writes a page for each
module and for the command line, `source` puts all of it where Sphinx reads, and `extension` is what Sphinx loads.
"""
