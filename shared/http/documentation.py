"""The OpenAPI document, and the page that shows it, served from here and from nowhere else."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import swagger_ui_bundle
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from shared.http.described import BEARER
from shared.http.edge import CSP
from shared.http.health import KitRoute
from shared.http.problem import Problem

_PAGE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_BUNDLE = Path(str(swagger_ui_bundle.swagger_ui_path))
_ASSETS = {
    "swagger-ui.css": _BUNDLE / "swagger-ui.css",
    "swagger-ui-bundle.js": _BUNDLE / "swagger-ui-bundle.js",
    "favicon-32x32.png": _BUNDLE / "favicon-32x32.png",
    "show_openapi.js": Path(str(files("shared.http") / "show_openapi.js")),
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
<main id="openapi" data-document="openapi.json">Loading…</main>
<noscript>This page needs JavaScript; the document itself is <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/show_openapi.js"></script>
</body>
</html>
"""


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with what FastAPI does not know: problems and bearer tokens."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = schema.setdefault("components", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = components.setdefault("schemas", {})
        schemas.update(problem.pop("$defs", {}))
        schemas["Problem"] = problem
        components["securitySchemes"] = {
            BEARER: {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A token of the OIDC issuer.",
            }
        }
        for operations in schema.get("paths", {}).values():
            for operation in operations.values():
                _correct_parameters(operation)
        app.openapi_schema = schema
    return app.openapi_schema


def documentation_routes(app: FastAPI, prefix: str) -> list[KitRoute]:
    """`PREFIX/openapi.json`, `PREFIX/docs` and what that page loads."""

    async def openapi(_request: Request) -> Response:
        return JSONResponse(document(app))

    async def docs(request: Request) -> Response:
        request.scope[CSP] = _PAGE_CSP
        return HTMLResponse(_PAGE.format(title=app.title))

    def asset(path: Path) -> KitRoute:
        async def serve(_request: Request) -> Response:
            return FileResponse(path, headers={"Cache-Control": "public, max-age=3600"})

        return KitRoute(f"{prefix}/docs/{path.name}", serve, include_in_schema=False)

    return [
        KitRoute(f"{prefix}/openapi.json", openapi, include_in_schema=False),
        KitRoute(f"{prefix}/docs", docs, include_in_schema=False),
        *(asset(path) for path in _ASSETS.values()),
    ]


def _correct_parameters(operation: dict[str, Any]) -> None:
    """Parameters are text and can't be null; If-Match is optional to FastAPI only, to answer 428 and not 422."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
        if len(choices) == 1:
            schema = {**{name: value for name, value in schema.items() if name != "anyOf"}, **choices[0]}
        if parameter["name"] == "If-Match":
            parameter["required"] = True
        parameter["schema"] = schema
