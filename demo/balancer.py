"""The nginx in front of several workers: which one a request goes to.

A worker keeps its visitors' sessions in memory, so every request of a browser has to reach the same
one. A cookie says which: nginx sets it by the worker that answered. A visitor without one gets
the page from the worker with the fewest connections (each open tab holds one), anything else, as a
program that keeps no cookies asks for it, from a worker chosen by the visitor's address. When the
named worker is gone, another one takes its visitors over, and its name is the cookie's new value.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

COOKIE = "amodal_worker"
LARGEST_REQUEST = "170m"  # the page's largest file and what is sent around it

_TEMPLATE = """\
daemon off;
pid @folder@/nginx.pid;
error_log stderr warn;
worker_processes 1;
events { worker_connections 4096; }
http {
    access_log off;
    server_tokens off;
    client_body_temp_path @folder@/body;
    proxy_temp_path @folder@/proxy;
    fastcgi_temp_path @folder@/unused;
    uwsgi_temp_path @folder@/unused;
    scgi_temp_path @folder@/unused;

    upstream fewest_connections { least_conn; @all@ }
    upstream by_address { hash $remote_addr consistent; @all@ }
@homes@

    map $uri $stranger { / fewest_connections; /config fewest_connections; default by_address; }
    map $cookie_@cookie@ $home { @known@ default $stranger; }
    # The last address is the one that answered; the others were tried before it.
    map $upstream_addr $served { @ports@ default ""; }
    map "$cookie_@cookie@:$served" $told {
        ~^(.+):\\1$ "";
        ~:$ "";
        default "@cookie@=$served; Path=/; HttpOnly; SameSite=Lax";
    }
    # Another proxy in front of this one may have ended TLS.
    map $http_x_forwarded_proto $scheme_outside { "" $scheme; default $http_x_forwarded_proto; }

    server {
        listen @listen@;
        client_max_body_size @largest@;
        location / {
            proxy_pass http://$home;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme_outside;
            # Progress is streamed as it comes, uploads and downloads aren't kept here.
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_read_timeout 1h;
            proxy_connect_timeout 5s;
            add_header Set-Cookie $told always;
        }
    }
}
"""


def nginx_conf(host: str, port: int, workers: Sequence[int], folder: Path) -> str:
    """The configuration, as text.

    Args:
        host, port: where visitors come in.
        workers: the ports of the workers on this machine, at least one; a worker's name in the
            cookie is its place in this list, from 1 on.
        folder: for nginx's own files.
    """
    servers = [f"server 127.0.0.1:{port} max_fails=1 fail_timeout=2s" for port in workers]
    homes = [_home(name, servers) for name in range(1, len(workers) + 1)]
    known = " ".join(f"{name} worker_{name};" for name in range(1, len(workers) + 1))
    ports = " ".join(f"~:{port}$ {name};" for name, port in enumerate(workers, 1))
    parts = {
        "folder": str(folder),
        "all": " ".join(f"{server};" for server in servers),
        "homes": "\n".join(f"    {home}" for home in homes),
        "known": known,
        "ports": ports,
        "cookie": COOKIE,
        "listen": f"{host}:{port}",
        "largest": LARGEST_REQUEST,
    }
    text = _TEMPLATE
    for name, value in parts.items():
        text = text.replace(f"@{name}@", value)
    return text


def _home(name: int, servers: Sequence[str]) -> str:
    """The worker of this name, and the others for when it is gone."""
    others = (f"{server} backup;" for number, server in enumerate(servers, 1) if number != name)
    return f"upstream worker_{name} {{ {servers[name - 1]}; {' '.join(others)} }}"
