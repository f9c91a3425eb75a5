from .html import render_html as render_html
from .report_json import REPORT_SCHEMA_VERSION as REPORT_SCHEMA_VERSION
from .report_json import build_report as build_report
from .report_json import jsonable as jsonable
