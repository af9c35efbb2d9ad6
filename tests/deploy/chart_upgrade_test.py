"""Generated certificates through upgrades: the chart looks at the secrets of a cluster, which here is a small HTTP server
that knows nothing else."""
import base64
import contextlib
import copy
import http.server
import json
import pathlib
import subprocess
import tempfile
import threading
import unittest

import yaml

import chart
from chart import of_kind

NAMES = ("trial-gvsl-ca", "trial-gvsl-tls", "trial-gvsl-client-tls")
OWNED = {"meta.helm.sh/release-name": "trial", "meta.helm.sh/release-namespace": "lab"}  # as Helm leaves it
SECRETS = "/api/v1/namespaces/lab/secrets"
KINDS = {"v1": ["Secret", "Service", "ServiceAccount", "PersistentVolumeClaim", "Pod"], "apps/v1": ["StatefulSet"],
         "policy/v1": ["PodDisruptionBudget"], "networking.k8s.io/v1": ["NetworkPolicy"]}


def answers():
    """What a client asks before anything else."""
    groups = [version.split("/")[0] for version in KINDS if "/" in version]
    found = {"/version": {"major": "1", "minor": "35", "gitVersion": "v1.35.4"},
             "/api": {"kind": "APIVersions", "versions": ["v1"]},
             "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                 {"name": group, "versions": [{"groupVersion": f"{group}/v1", "version": "v1"}],
                  "preferredVersion": {"groupVersion": f"{group}/v1", "version": "v1"}} for group in groups]}}
    for version, kinds in KINDS.items():
        found[("/apis/" if "/" in version else "/api/") + version] = {
            "kind": "APIResourceList", "groupVersion": version, "resources": [
                {"name": kind.lower() + "s", "singularName": kind.lower(), "namespaced": True, "kind": kind,
                 "verbs": ["get", "list"]} for kind in kinds]}
    return found


def setUpModule():
    chart.need_helm()


@contextlib.contextmanager
def cluster(objects):
    """A kubeconfig of a server that holds the secrets among these objects."""
    known = answers()
    held = {}
    for it in of_kind(copy.deepcopy(objects), "Secret"):
        it["metadata"].setdefault("annotations", {}).update(OWNED)
        held[f"{SECRETS}/{it['metadata']['name']}"] = it

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # pylint: disable=invalid-name
            path = self.path.split("?")[0]
            answer = held.get(path) or known.get(path)
            missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
            body = json.dumps(answer or missing).encode()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with tempfile.TemporaryDirectory() as folder, \
            http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = pathlib.Path(folder) / "kubeconfig"
        config.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "it", "user": {}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}]}), encoding="utf-8")
        try:
            yield str(config)
        finally:
            server.shutdown()


def upgraded(objects, values=None):
    """The certificates of a rendering that finds these objects in its cluster, as {secret: data}."""
    with cluster(objects) as config:
        done = chart.helm("--dry-run=server", "--disable-openapi-validation", "--kubeconfig", config, values=values or {})
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return list(document for document in yaml.safe_load_all(done.stdout) if document)


def certificates(objects):
    return {it["metadata"]["name"]: it["data"] for it in of_kind(objects, "Secret")}


def verified(data):
    """Whether the certificate is the authority's that stands beside it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in data.items():
            (pathlib.Path(folder) / name).write_bytes(base64.b64decode(text))
        done = subprocess.run(["openssl", "verify", "-CAfile", "ca.crt", "tls.crt"], cwd=folder,
                              capture_output=True, check=False)
    return done.returncode == 0


class Upgrade(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.first = upgraded([])
        cls.before = certificates(cls.first)

    def test_the_first_install_makes_an_authority_and_two_certificates_of_it(self):
        self.assertEqual(set(self.before), set(NAMES))
        for name in NAMES[1:]:
            self.assertTrue(verified(self.before[name]), name)
            self.assertEqual(self.before[name]["ca.crt"], self.before[NAMES[0]]["tls.crt"])

    def test_an_upgrade_changes_none_of_them(self):
        after = upgraded(self.first, {"coordinator": {"leaseSeconds": 3}})
        self.assertEqual(certificates(after), self.before)

    def test_further_names_make_another_certificate_of_the_same_authority(self):
        after = certificates(upgraded(self.first, {"tls": {"extraDnsNames": ["gvsl.example.org"]}}))
        self.assertEqual(after[NAMES[0]], self.before[NAMES[0]])
        self.assertEqual(after[NAMES[2]], self.before[NAMES[2]])
        self.assertNotEqual(after[NAMES[1]]["tls.crt"], self.before[NAMES[1]]["tls.crt"])
        self.assertTrue(verified(after[NAMES[1]]))

    def test_a_certificate_that_was_deleted_is_made_again(self):
        left = [it for it in self.first if it["metadata"]["name"] != NAMES[2]]
        after = certificates(upgraded(left))
        self.assertEqual(after[NAMES[0]], self.before[NAMES[0]])
        self.assertEqual(after[NAMES[1]], self.before[NAMES[1]])
        self.assertNotEqual(after[NAMES[2]], self.before[NAMES[2]])
        self.assertTrue(verified(after[NAMES[2]]))

    def test_an_authority_that_was_deleted_replaces_them_all(self):
        left = [it for it in self.first if it["metadata"]["name"] != NAMES[0]]
        after = certificates(upgraded(left))
        for name in NAMES:
            self.assertNotEqual(after[name], self.before[name])
        for name in NAMES[1:]:
            self.assertTrue(verified(after[name]), name)


if __name__ == "__main__":
    unittest.main()
