"""How Sphinx builds the site. `python tools/build_site.py` writes what it reads, and calls it."""

from course_lib import __version__
from tools import repository
from tools.site_build.extension import pages_address, source_link

project = "Brain-tumour segmentation"
author = "the authors of the brain-tumour segmentation course"
release = version = __version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.linkcode",
    "tools.site_build.extension",
]
exclude_patterns = ["_static/**", "files/**"]

# Lessons are shown as they were executed.
nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js = {}  # widgets are shown as still pictures; no script from elsewhere
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

highlight_language = "text"  # of blocks that do not say; cells and `>>>` do

# Docstrings: Google style, `names` in single backquotes.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
python_use_unqualified_type_names = True
add_module_names = False
linkcode_resolve = source_link

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_context = {"default_mode": "auto"}  # light or dark as the system says, until somebody chooses
html_title = "Brain-tumour segmentation: a course"
html_baseurl = pages_address()
html_static_path = ["_static"]
templates_path = ["_templates"]
html_css_files = ["site.css"]
html_favicon = "_static/favicon.svg"
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {
    page: [] for page in ("index", "404", "search", "instructors", "results/index", "glossary", "licences")
}
html_theme_options = {
    "logo": {
        "text": project,
        "image_light": "_static/favicon.svg",
        "image_dark": "_static/favicon.svg",
        "alt_text": "",
    },
    "icon_links": [{"name": "Repository", "url": repository.address(), "icon": "fa-brands fa-github"}],
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_nav_level": 2,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "back_to_top_button": True,
    "search_bar_text": "Search the course",
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "footer_start": ["footer"],
    "footer_end": [],
}
