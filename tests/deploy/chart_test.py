"""What the objects of the chart must be, whatever its values are."""
import json
import re
import unittest

import yaml

import chart
from chart import of_kind, pods, render, selects

TWO_POOLS = {
    "workerPools": [{"name": "gpu", "device": "cuda", "replicas": 2, "nccl": {"NCCL_DEBUG": "WARN"},
                     "resources": {"limits": {"nvidia.com/gpu": 1}}},
                    {"name": "cpu", "replicas": 3}],
    "datasets": [{"name": "a", "existingClaim": "claim-a", "mountPath": "/data/a"},
                 {"name": "b", "existingClaim": "claim-b", "mountPath": "/data/b", "readOnly": False}],
    "networkPolicy": {"monitoring": [{"podSelector": {"matchLabels": {"app": "prometheus"}}}],
                      "egress": {"enabled": True}},
    "monitoring": {"rules": {"enabled": True}, "dashboards": {"enabled": True}},
}
MODES = [{"tls": {"mode": "generated"}}, {"tls": {"mode": "insecure"}}, {"tls": {"mode": "certManager"}},
         {"tls": {"mode": "existingSecret", "existingSecret": {"name": "ours"}}}]


def setUpModule():
    chart.need_helm()


def every_rendering():
    yield "defaults", render()
    for path in chart.EXAMPLES:
        yield path.name, render(chart.example(path))
    for mode in MODES:
        yield json.dumps(mode), render({**TWO_POOLS, **mode})


def every_pod():
    for case, objects in every_rendering():
        for name, labels, annotations, spec in pods(objects):
            yield f"{case}: {name}", labels, annotations, spec


def containers(spec):
    return spec["containers"] + spec.get("initContainers", [])


class Objects(unittest.TestCase):
    def test_it_has_the_version_of_the_programs(self):
        about = yaml.safe_load((chart.CHART / "Chart.yaml").read_text(encoding="utf-8"))
        source = (chart.ROOT / "common/version.h").read_text(encoding="utf-8")
        version = re.search(r'kVersion = "([^"]+)"', source).group(1)
        self.assertEqual((about["version"], about["appVersion"]), (version, version))

    def test_every_pod_runs_with_the_least_rights(self):
        for where, _, _, spec in every_pod():
            with self.subTest(where):
                self.assertIs(spec["automountServiceAccountToken"], False)
                self.assertIs(spec["enableServiceLinks"], False)
                for forbidden in ("hostNetwork", "hostPID", "hostIPC"):
                    self.assertNotIn(forbidden, spec)
                whole = spec["securityContext"]
                self.assertIs(whole["runAsNonRoot"], True)
                self.assertEqual((whole["runAsUser"], whole["runAsGroup"], whole["fsGroup"]), (65532,) * 3)
                self.assertEqual(whole["seccompProfile"], {"type": "RuntimeDefault"})
                for container in containers(spec):
                    own = container["securityContext"]
                    self.assertEqual(own, {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                           "capabilities": {"drop": ["ALL"]}})
                    self.assertIn("memory", container["resources"]["limits"])
                self.assertFalse([it for it in spec["volumes"] if "hostPath" in it])

    def test_every_mount_has_its_volume_and_no_place_is_taken_twice(self):
        for where, _, _, spec in every_pod():
            with self.subTest(where):
                volumes = [volume["name"] for volume in spec["volumes"]]
                claimed = ["state"] if any(m["name"] == "state" for m in spec["containers"][0]["volumeMounts"]) else []
                self.assertEqual(len(volumes), len(set(volumes)))
                for container in containers(spec):
                    mounts = container["volumeMounts"]
                    self.assertEqual(len(mounts), len({mount["mountPath"] for mount in mounts}))
                    self.assertEqual({mount["name"] for mount in mounts}, set(volumes + claimed))

    def test_data_have_the_same_paths_and_claims_everywhere(self):
        for case, objects in every_rendering():
            seen = {}
            for it in of_kind(objects, "StatefulSet"):
                spec = it["spec"]["template"]["spec"]
                claims = {v["name"]: v["persistentVolumeClaim"] for v in spec["volumes"]
                          if "persistentVolumeClaim" in v}
                mounts = [m for m in spec["containers"][0]["volumeMounts"] if m["name"] in claims]
                seen[it["metadata"]["name"]] = json.dumps([mounts, claims], sort_keys=True)
                self.assertIn("checkpoints", claims)
            with self.subTest(case):
                self.assertGreater(len(seen), 1)
                self.assertEqual(len(set(seen.values())), 1, seen)

    def test_probes_ask_the_pod_itself(self):
        for where, _, _, spec in every_pod():
            with self.subTest(where):
                if where.endswith("-test"):
                    continue
                own = spec["containers"][0]
                paths = {kind: own[kind]["httpGet"] for kind in ("startupProbe", "livenessProbe", "readinessProbe")}
                self.assertEqual(paths, {"startupProbe": {"path": "/healthz", "port": "http"},
                                         "livenessProbe": {"path": "/healthz", "port": "http"},
                                         "readinessProbe": {"path": "/readyz", "port": "http"}})

    def test_the_grace_period_is_longer_than_the_drain(self):
        for where, _, _, spec in every_pod():
            with self.subTest(where):
                arguments = " ".join(spec["containers"][0].get("args", []))
                drain = re.search(r"--drain-timeout=(\d+)", arguments)
                if drain:
                    self.assertGreater(spec["terminationGracePeriodSeconds"], int(drain.group(1)) + 10)

    def test_no_secret_stands_in_arguments_or_environment(self):
        for where, _, _, spec in every_pod():
            with self.subTest(where):
                for container in containers(spec):
                    said = json.dumps([container.get("args"), container.get("command"), container.get("env")])
                    self.assertNotIn("secretKeyRef", said)
                    self.assertNotIn("PRIVATE KEY", said)
                    self.assertNotIn("envFrom", container)

    def test_keys_are_only_in_secrets_and_the_authority_is_mounted_nowhere(self):
        for case, objects in every_rendering():
            for it in objects:
                if it["kind"] != "Secret":
                    self.assertNotIn("PRIVATE KEY", json.dumps(it), case)
            for name, _, _, spec in pods(objects):
                for volume in spec["volumes"]:
                    self.assertFalse(volume.get("secret", {}).get("secretName", "").endswith("-ca"), name)

    def test_without_certificates_every_program_says_so(self):
        for mode in MODES:
            plain = mode["tls"]["mode"] == "insecure"
            for name, _, _, spec in pods(render({**TWO_POOLS, **mode})):
                said = json.dumps(spec["containers"][0]["args"])
                with self.subTest(f"{mode}: {name}"):
                    self.assertEqual("--tls-cert" in said, not plain)
                    if not name.endswith("-test"):  # which tries without on purpose
                        self.assertEqual("--insecure" in said, plain)
                    self.assertEqual(any(v["name"] == "tls" for v in spec["volumes"]), not plain)

    def test_a_budget_takes_exactly_the_pods_of_its_set(self):
        for case, objects in every_rendering():
            made = list(pods(objects))
            for budget in of_kind(objects, "PodDisruptionBudget"):
                taken = [name for name, labels, _, _ in made if selects(budget["spec"]["selector"], labels)]
                self.assertEqual(taken, [budget["metadata"]["name"]], case)

    def test_a_set_and_a_service_take_their_own_pods_only(self):
        for case, objects in every_rendering():
            made = list(pods(objects))
            for it in of_kind(objects, "StatefulSet"):
                taken = [name for name, labels, _, _ in made if selects(it["spec"]["selector"], labels)]
                self.assertEqual(taken, [it["metadata"]["name"]], case)
            for service in of_kind(objects, "Service"):
                kind = service["metadata"]["labels"]["app.kubernetes.io/component"]
                taken = {labels["app.kubernetes.io/component"] for _, labels, _, _ in made
                         if selects({"matchLabels": service["spec"]["selector"]}, labels)}
                self.assertEqual(taken, {kind}, case)

    def test_every_pool_is_a_set_that_starts_at_once_behind_the_headless_service(self):
        objects = render(TWO_POOLS)
        sets = {it["metadata"]["name"]: it["spec"] for it in of_kind(objects, "StatefulSet")}
        self.assertEqual(set(sets), {"trial-gvsl-coordinator", "trial-gvsl-worker-gpu", "trial-gvsl-worker-cpu"})
        headless = of_kind(objects, "Service", "trial-gvsl-workers")[0]["spec"]
        self.assertEqual((headless["clusterIP"], headless["publishNotReadyAddresses"]), ("None", True))
        for name, replicas in (("gpu", 2), ("cpu", 3)):
            spec = sets[f"trial-gvsl-worker-{name}"]
            self.assertEqual((spec["podManagementPolicy"], spec["serviceName"], spec["replicas"]),
                             ("Parallel", "trial-gvsl-workers", replicas))

    def test_the_test_of_the_release_waits_for_the_workers_of_all_pools(self):
        done = chart.helm(values=TWO_POOLS)
        self.assertIn("-ge 5 ]", done.stdout)  # workers of both pools

    def test_the_rules_are_the_ones_of_deploy_prometheus(self):
        rules = of_kind(render(TWO_POOLS), "PrometheusRule")[0]["spec"]
        source = yaml.safe_load((chart.ROOT / "deploy/prometheus/rules.yml").read_text(encoding="utf-8"))
        self.assertEqual(rules, source)

    def test_every_dashboard_is_a_map_that_grafana_finds(self):
        maps = [it for it in of_kind(render(TWO_POOLS), "ConfigMap")
                if it["metadata"]["labels"].get("grafana_dashboard") == "1"]
        shown = {name: json.loads(text) for it in maps for name, text in it["data"].items()}
        sources = {path.name: json.loads(path.read_text(encoding="utf-8"))
                   for path in (chart.ROOT / "deploy/grafana/dashboards").glob("*.json")}
        self.assertEqual(shown, sources)


if __name__ == "__main__":
    unittest.main()
