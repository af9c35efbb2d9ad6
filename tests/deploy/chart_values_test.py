"""What the chart refuses, who may reach whom, and that each pod is scraped once."""
import unittest

import chart
from chart import of_kind, pods, render, selects

GOOD_POOL = {"name": "cpu", "replicas": 1}
BAD_VALUES = {
    "an unknown key": {"coordinater": {}},
    "an unknown key of a pool": {"workerPools": [{**GOOD_POOL, "replica": 2}]},
    "an unknown key of the defaults": {"workerDefaults": {"gpus": 1}},
    "an unknown key three levels down": {"monitoring": {"rules": {"enable": True}}},
    "a pool without a name": {"workerPools": [{"replicas": 1}]},
    "a pool's name that no object can have": {"workerPools": [{**GOOD_POOL, "name": "GPU_1"}]},
    "a pool's name that is too long": {"workerPools": [{**GOOD_POOL, "name": "a" * 16}]},
    "two pools of one name": {"workerPools": [GOOD_POOL, GOOD_POOL]},
    "a pool of GPUs that asks for none": {"workerPools": [{**GOOD_POOL, "device": "cuda"}]},
    "a name that no object can have": {"fullnameOverride": "2024"},
    "a name that no label can have": {"nameOverride": "My App"},
    "a device that is none": {"workerPools": [{**GOOD_POOL, "device": "tpu"}]},
    "a negative number of replicas": {"workerPools": [{**GOOD_POOL, "replicas": -1}]},
    "replicas as a word": {"workerPools": [{**GOOD_POOL, "replicas": "two"}]},
    "shared memory without a unit": {"workerPools": [{**GOOD_POOL, "sharedMemory": "1"}]},
    "a shard cache at two places": {"workerPools": [{**GOOD_POOL, "shardCache": {
        "size": "1Gi", "hostPath": "/a", "storageClassName": "b"}}]},
    "a shard cache at a relative path": {"workerPools": [{**GOOD_POOL, "shardCache": {"size": "1Gi", "hostPath": "a"}}]},
    "a shard cache of half a gibibyte": {"workerPools": [{**GOOD_POOL, "shardCache": {"size": "0.5Gi"}}]},
    "a variable that is not NCCL's": {"workerPools": [{**GOOD_POOL, "nccl": {"PATH": "/bin"}}]},
    "an amount that is none": {"workerPools": [{**GOOD_POOL, "resources": {"limits": {"memory": "8 GB"}}}]},
    "a resource without a domain": {"workerPools": [{**GOOD_POOL, "resources": {"limits": {"gpu": 1}}}]},
    "half a thread": {"workerPools": [{**GOOD_POOL, "threads": 1.5}]},
    "root": {"security": {"runAsUser": 0}},
    "a mode of TLS that is none": {"tls": {"mode": "off"}},
    "existingSecret without its name": {"tls": {"mode": "existingSecret"}},
    "a dataset without a claim": {"datasets": [{"name": "a", "mountPath": "/a"}]},
    "a dataset over the system": {"datasets": [{"name": "a", "existingClaim": "a", "mountPath": "/etc/a"}]},
    "a relative path": {"checkpoints": {"mountPath": "checkpoints"}},
    "two datasets at one place": {"datasets": [{"name": n, "existingClaim": n, "mountPath": "/data"}
                                               for n in ("a", "b")]},
    "two datasets of one name": {"datasets": [{"name": "a", "existingClaim": "a", "mountPath": f"/data/{n}"}
                                              for n in (1, 2)]},
    "a dataset at the place of checkpoints": {"datasets": [{"name": "a", "existingClaim": "a",
                                                            "mountPath": "/checkpoints"}]},
    "a lease shorter than three heartbeats": {"coordinator": {"leaseSeconds": 1, "heartbeatSeconds": 0.5}},
    "a range of ports that ends before it begins": {"networkPolicy": {"ncclPorts": {"first": 5000, "last": 4000}}},
    "an empty selector of clients": {"networkPolicy": {"clients": [{}]}},
    "two ways of scraping": {"monitoring": {"scrape": "podMonitor,annotations"}},
    "a pull policy that is none": {"image": {"pullPolicy": "Sometimes"}},
    "a label as a number": {"commonLabels": {"cost": 7}},
    "a label that selectors live by": {"workerPools": [{**GOOD_POOL, "podLabels": {"gvsl/pool": "other"}}]},
}
PROMETHEUS = {"matchLabels": {"app": "prometheus"}}
PORTS = {"coordinator": {"grpc": 7600, "http": 7601}, "worker": {"peer": 7602, "http": 7601}}


def setUpModule():
    chart.need_helm()


def component(labels):
    return labels["app.kubernetes.io/component"]


class Values(unittest.TestCase):
    def test_what_cannot_be_is_refused(self):
        for case, values in BAD_VALUES.items():
            with self.subTest(case):
                done = chart.helm(values=values)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stderr, "values don't meet the specifications|gvsl: ")

    def test_what_can_be_is_taken(self):
        for case, values in {"no worker yet": {"workerPools": []},
                             "of a parent chart": {"global": {"anything": 1}},
                             "by digest": {"coordinator": {"image": {"digest": "sha256:" + "0" * 64}}}}.items():
            with self.subTest(case):
                render(values)

    def test_a_pool_overrides_the_defaults_and_leaves_the_others(self):
        values = {"workerDefaults": {"drainTimeoutSeconds": 33},
                  "workerPools": [{"name": "a", "sharedMemory": "2Gi"}, {"name": "b", "drainTimeoutSeconds": 44}]}
        sets = {name: spec for name, labels, _, spec in pods(render(values)) if component(labels) == "worker"}
        shared = {name: next(v for v in spec["volumes"] if v["name"] == "shm")["emptyDir"]["sizeLimit"]
                  for name, spec in sets.items()}
        self.assertEqual(shared, {"trial-gvsl-worker-a": "2Gi", "trial-gvsl-worker-b": "1Gi"})
        self.assertEqual([spec["terminationGracePeriodSeconds"] for spec in sets.values()], [48, 59])

    def test_a_gpu_pool_has_its_image_device_and_limits(self):
        values = {"workerPools": [{"name": "g", "device": "cuda", "threads": 4,
                                   "nccl": {"NCCL_DEBUG": "INFO", "NCCL_BUFFSIZE": 8388608},
                                   "resources": {"limits": {"nvidia.com/gpu": 1}}}]}
        spec = of_kind(render(values), "StatefulSet", "trial-gvsl-worker-g")[0]["spec"]["template"]["spec"]
        own = spec["containers"][0]
        self.assertRegex(own["image"], "^localhost/gvsl-worker-cuda:")
        self.assertIn("--device=cuda:0", own["args"])
        self.assertEqual(own["resources"]["limits"], {"memory": "8Gi", "nvidia.com/gpu": 1})
        self.assertIn({"name": "NCCL_DEBUG", "value": "INFO"}, own["env"])
        self.assertIn({"name": "NCCL_BUFFSIZE", "value": "8388608"}, own["env"])
        self.assertIn({"name": "THREADS", "value": "4"}, own["env"])
        self.assertNotIn("NVIDIA_VISIBLE_DEVICES", [variable["name"] for variable in own["env"]])

    def test_a_pool_that_asks_for_no_gpu_sees_none(self):
        rendered = render({"workerPools": [{"name": "c", "device": "auto"}]})
        own = of_kind(rendered, "StatefulSet", "trial-gvsl-worker-c")[0]["spec"]["template"]["spec"]
        self.assertIn({"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}, own["containers"][0]["env"])

    def test_words_of_digits_stay_words(self):
        values = {"nameOverride": "123", "fullnameOverride": "a",
                  "datasets": [{"name": "d", "existingClaim": "123", "mountPath": "/d", "subPath": "2024"}]}
        rendered = render(values)
        for _, _, _, spec in pods(rendered):
            for volume in spec["volumes"]:
                self.assertIsInstance(volume.get("persistentVolumeClaim", {}).get("claimName", ""), str)
            for mount in spec["containers"][0]["volumeMounts"]:
                self.assertIsInstance(mount.get("subPath", ""), str)
        for item in rendered:
            for label in item["metadata"].get("labels", {}).values():
                self.assertIsInstance(label, str)

    def test_threads_follow_the_processors_of_the_pod(self):
        for limits, wanted in (({"cpu": "3"}, "limits.cpu"), ({}, "requests.cpu")):
            values = {"workerPools": [{"name": "c", "resources": {"limits": limits}}]}
            own = of_kind(render(values), "StatefulSet", "trial-gvsl-worker-c")[0]["spec"]["template"]["spec"]
            variable = next(it for it in own["containers"][0]["env"] if it["name"] == "THREADS")
            self.assertEqual(variable["valueFrom"]["resourceFieldRef"]["resource"], wanted)

    def test_a_claim_is_made_only_where_none_was_named(self):
        self.assertEqual(len(of_kind(render(), "PersistentVolumeClaim")), 1)
        named = render({"checkpoints": {"existingClaim": "ours"}})
        self.assertEqual(of_kind(named, "PersistentVolumeClaim"), [])

    def test_a_certificate_is_for_the_names_that_are_called(self):
        objects = render({"tls": {"mode": "certManager", "extraDnsNames": ["gvsl.example.org"]}})
        names = of_kind(objects, "Certificate", "trial-gvsl-tls")[0]["spec"]["dnsNames"]
        self.assertIn("gvsl.example.org", names)
        self.assertIn("localhost", names)
        for _, labels, _, spec in pods(objects):
            for argument in spec["containers"][0]["args"]:
                if argument.startswith("--coordinator="):
                    self.assertIn(argument.removeprefix("--coordinator=").removesuffix(":7600"), names)

    def test_an_authority_of_clients_is_the_coordinators_alone(self):
        secret = {"name": "ours", "clientName": "theirs", "keys": {"clientCa": "people.pem"}}
        for name, labels, _, spec in pods(render({"tls": {"mode": "existingSecret", "existingSecret": secret}})):
            volume = next(it for it in spec["volumes"] if it["name"] == "tls")["secret"]
            own = component(labels) == "coordinator"
            with self.subTest(name):
                self.assertEqual(any("--tls-client-ca" in it for it in spec["containers"][0]["args"]), own)
                self.assertEqual("people.pem" in [item["key"] for item in volume["items"]], own)
                self.assertEqual(volume["secretName"], "theirs" if component(labels) == "client" else "ours")

    def test_every_pod_is_scraped_once_and_only_when_asked_for(self):
        for way, count in (("none", 0), ("podMonitor", 1), ("annotations", 1)):
            objects = render({"monitoring": {"scrape": way}})
            self.assertEqual(of_kind(objects, "ServiceMonitor"), [])
            for name, labels, annotations, _ in pods(objects):
                times = annotations.get("prometheus.io/scrape") == "true"
                for monitor in of_kind(objects, "PodMonitor"):
                    if selects(monitor["spec"]["selector"], labels):
                        times += len(monitor["spec"]["podMetricsEndpoints"])
                with self.subTest(f"{way}: {name}"):
                    self.assertEqual(times, 0 if component(labels) == "client" else count)

    def test_the_scrape_has_the_names_of_the_rules(self):
        monitors = of_kind(render({"monitoring": {"scrape": "podMonitor"}}), "PodMonitor")
        jobs = [it["spec"]["podMetricsEndpoints"][0]["relabelings"][0]["replacement"] for it in monitors]
        self.assertEqual(sorted(jobs), ["gvsl-coordinator", "gvsl-worker"])


class Network(unittest.TestCase):
    def setUp(self):
        self.objects = render({
            "workerPools": [{"name": "gpu", "device": "auto"}, {"name": "cpu"}],
            "networkPolicy": {"clients": [{"podSelector": {"matchLabels": {"app": "portal"}}}],
                              "monitoring": [{"podSelector": PROMETHEUS}], "egress": {"enabled": True}}})
        self.policies = of_kind(self.objects, "NetworkPolicy")
        self.pods = [(labels, {port["name"]: port["containerPort"] for port in spec["containers"][0]["ports"]})
                     for _, labels, _, spec in pods(self.objects) if component(labels) != "client"]

    def reachable(self, caller):
        """{(component, pool): names or ranges of ports} that a pod with these labels gets through to."""
        found = {}
        for labels, _ in self.pods:
            ports = set()
            for policy in self.policies:
                if not selects(policy["spec"]["podSelector"], labels):
                    continue
                for rule in policy["spec"].get("ingress", []):
                    if any(selects(peer["podSelector"], caller) for peer in rule["from"]):
                        ports |= {port["port"] for port in rule["ports"]}
            found[component(labels), labels.get("gvsl/pool")] = ports
        return found

    def labels_of(self, wanted, pool=None):
        return next(labels for labels, _ in self.pods
                    if component(labels) == wanted and labels.get("gvsl/pool") == pool)

    def test_every_server_is_behind_a_policy_and_its_named_ports_exist(self):
        for labels, ports in self.pods:
            taken = [policy for policy in self.policies if selects(policy["spec"]["podSelector"], labels)]
            self.assertTrue(taken)
            self.assertEqual(ports, PORTS[component(labels)])
            for policy in taken:
                for rule in policy["spec"]["ingress"]:
                    self.assertTrue(rule["from"] and rule["ports"])  # an empty one would be everybody
                    named = {port["port"] for port in rule["ports"] if isinstance(port["port"], str)}
                    self.assertLessEqual(named, set(ports))

    def test_who_reaches_what(self):
        nothing = {("coordinator", None): set(), ("worker", "gpu"): set(), ("worker", "cpu"): set()}
        gpu, cpu = self.labels_of("worker", "gpu"), self.labels_of("worker", "cpu")
        client = {**cpu, "app.kubernetes.io/component": "client"}
        grpc = {**nothing, ("coordinator", None): {"grpc"}}
        peers = {**grpc, ("worker", "gpu"): {"peer"}, ("worker", "cpu"): {"peer"}}
        for who, labels, wanted in (
                ("a stranger", {"app": "other"}, nothing),
                ("a worker of another release", {**cpu, "app.kubernetes.io/instance": "other"}, nothing),
                ("a configured client", {"app": "portal"}, grpc),
                ("the test of the release", client, grpc),
                ("prometheus", PROMETHEUS["matchLabels"], {place: {"http"} for place in nothing}),
                ("a worker without a GPU", cpu, peers),
                ("a worker with one", gpu, {**peers, ("worker", "gpu"): {"peer", 32768}})):
            with self.subTest(who):
                self.assertEqual(self.reachable(labels), wanted)

    def test_without_selectors_nobody_scrapes(self):
        self.policies = of_kind(render(), "NetworkPolicy")
        self.assertNotIn({"http"}, list(self.reachable(PROMETHEUS["matchLabels"]).values()))

    def test_egress_lets_a_worker_to_names_the_coordinator_and_its_peers(self):
        rules = next(it for it in self.policies if it["metadata"]["name"] == "trial-gvsl-workers")["spec"]["egress"]
        to = [peer["podSelector"] for rule in rules for peer in rule["to"] if "podSelector" in peer]
        for wanted in (self.labels_of("coordinator"), self.labels_of("worker", "cpu")):
            self.assertTrue(any(selects(selector, wanted) for selector in to))
        self.assertFalse(any(selects(selector, {"app": "other"}) for selector in to))

    def test_switched_off_there_is_none(self):
        self.assertEqual(of_kind(render({"networkPolicy": {"enabled": False}}), "NetworkPolicy"), [])


if __name__ == "__main__":
    unittest.main()
