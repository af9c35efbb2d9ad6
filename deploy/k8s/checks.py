"""What the chart promises beside training: each with a control that must come out the other way."""
import pods
from cluster import eventually, expect, run, say


class Checks:
    """`client` may do everything, `scraper` may read metrics, `stranger` has the client's certificate and no right."""

    def __init__(self, cluster, values, others, client, scraper, stranger):
        self.cluster, self.values, self.others = cluster, values, others
        self.client, self.scraper, self.stranger = client, scraper, stranger
        self.coordinator = cluster.pods("coordinator")[0]["metadata"]["name"]

    def address(self, name):
        return self.cluster.get("pod", name)["status"]["podIP"]

    def ctl(self, pod):
        return self.cluster.execute(pod, *pods.CTL, "--timeout", "5", "workers", check=False)

    def mutual_tls(self):
        """With the authority's certificate yes; plain, with another authority's, and to an impostor no."""
        ours, others = pods.TLS, "/tmp/others"
        self.cluster.execute(self.client, "mkdir", "-p", others)
        for name, content in self.others.items():
            self.cluster.execute(self.client, "bash", "-c", 'umask 077; cat >"$0"', f"{others}/{name}", stdin=content)
        good = self.ctl(self.client)
        expect(good.returncode == 0, f"a member was refused: {good.stderr}")
        cases = {
            "plain": ["gvslctl", "--insecure"],
            "another authority's": ["gvslctl", "--tls-cert", f"{others}/tls.crt", "--tls-key", f"{others}/tls.key",
                                    "--tls-ca", f"{ours}/ca.crt"],
            "for another authority's server": ["gvslctl", "--tls-cert", f"{ours}/tls.crt", "--tls-key",
                                               f"{ours}/tls.key", "--tls-ca", f"{others}/ca.crt"]}
        figures = {"member": good.returncode}
        for name, command in cases.items():
            refused = self.cluster.execute(self.client, *command, "--timeout", "5", "workers", check=False)
            figures[name] = refused.returncode
            expect(refused.returncode == 5, f"{name}: status {refused.returncode}: {refused.stdout}{refused.stderr}")
        log = self.cluster.k("logs", self.coordinator, "--tail=200").stdout
        expect("certificate verify failed" in log, "the coordinator has not logged whom it refused")
        return figures

    def readiness(self):
        """A coordinator that does not answer is not ready and no endpoint; one that answers again is. A worker that
        has never reached a coordinator is not ready; with the coordinator it is."""
        pods.signal_process(self.cluster, self.coordinator, "STOP", "gvsl-coordinator")
        try:
            _, out = eventually(lambda: not self.cluster.ready(self.coordinator), "a stopped coordinator stays ready", 60)
            expect(not self.endpoints(), "a coordinator that is not ready is still an endpoint of its service")
        finally:
            pods.signal_process(self.cluster, self.coordinator, "CONT", "gvsl-coordinator")
        _, back = eventually(lambda: self.cluster.ready(self.coordinator) and self.endpoints(),
                             "a coordinator that answers is not ready", 60)
        sets = self.cluster.get("statefulsets")
        name = next(one["metadata"]["name"] for one in sets if one["metadata"]["name"].endswith("-coordinator"))
        self.cluster.k("scale", f"statefulset/{name}", "--replicas=0")
        eventually(lambda: self.cluster.get("pod", self.coordinator) is None, "the coordinator does not go")
        worker = sorted(self.cluster.workers())[0]
        uid = self.cluster.get("pod", worker)["metadata"]["uid"]
        self.cluster.k("delete", "pod", worker, "--force", "--grace-period=0")
        listens = (lambda: (pod := self.cluster.get("pod", worker)) and pod["metadata"]["uid"] != uid
                   and pod["status"].get("podIP")
                   and pods.fetch(self.cluster, self.scraper, pod["status"]["podIP"], 7601, "/healthz"))
        eventually(listens, f"{worker} does not even live without a coordinator", 240)
        expect(not self.cluster.ready(worker), f"{worker} is ready, and there is no coordinator")
        self.cluster.k("scale", f"statefulset/{name}", "--replicas=1")
        waited = self.cluster.wait_ready()
        return {"seconds_to_not_ready": round(out, 1), "seconds_to_ready": round(back, 1),
                "seconds_to_all_ready": round(waited, 1)}

    def endpoints(self):
        slices = self.cluster.get("endpointslices", labels=f"kubernetes.io/service-name={self.coordinator[:-2]}")
        return [one for part in slices for one in part.get("endpoints") or [] if one["conditions"].get("ready")]

    def reached(self):
        """What the scraper and the stranger get through to now."""
        coordinator, worker = self.address(self.coordinator), self.address(sorted(self.cluster.workers())[0])
        return {
            "scraper: metrics of the coordinator": bool(pods.fetch(self.cluster, self.scraper, coordinator, 7601)),
            "scraper: metrics of a worker": bool(pods.fetch(self.cluster, self.scraper, worker, 7601)),
            "scraper: gRPC": pods.connects(self.cluster, self.scraper, coordinator, 7600),
            "stranger: metrics of the coordinator": bool(pods.fetch(self.cluster, self.stranger, coordinator, 7601)),
            "stranger: metrics of a worker": bool(pods.fetch(self.cluster, self.stranger, worker, 7601)),
            "stranger: gRPC with a good certificate": self.ctl(self.stranger).returncode == 0,
            "stranger: a worker's peer port": pods.connects(self.cluster, self.stranger, worker, 7602),
            "client: gRPC": self.ctl(self.client).returncode == 0,
            "client: a worker's peer port": pods.connects(self.cluster, self.client, worker, 7602)}

    def network_policy(self):
        """Only whom the values name; without the policy everybody."""
        allowed = {"scraper: metrics of the coordinator", "scraper: metrics of a worker", "client: gRPC"}
        with_policy = self.reached()
        wrong = [what for what, got in with_policy.items() if got != (what in allowed)]
        expect(not wrong, f"with the policy: {', '.join(wrong)}: {with_policy}")
        self.cluster.upgrade(self.values | {"networkPolicy": {"enabled": False}})
        try:
            eventually(lambda: not self.cluster.get("networkpolicies"), "the policies are still there")
            eventually(lambda: all(self.reached().values()), "without the policy somebody is still kept out", 60)
        finally:
            self.cluster.upgrade(self.values)
        eventually(lambda: self.reached() == with_policy, "the policy does not come back", 60)
        return {"allowed": sorted(allowed), "refused": sorted(set(with_policy) - allowed)}

    def disruption_budget(self):
        """One worker may be evicted, a second at the same time not; once the first is back, it may."""
        self.cluster.wait_ready()
        first, second = sorted(self.cluster.workers())[:2]
        statuses = [self.cluster.evict(first), self.cluster.evict(second)]
        expect(statuses == [201, 429], f"evictions of two workers at once: {statuses}")
        say("an eviction within the budget went through, one beyond it was refused with 429")
        waited = self.cluster.wait_ready()
        # The budget is counted again a moment after the pod is ready.
        eventually(lambda: self.cluster.evict(second) == 201, "an eviction within the budget is refused", 30)
        self.cluster.wait_ready()
        return {"statuses": [*statuses, 201], "seconds_until_permitted": round(waited, 1)}

    def helm_test(self):
        """What `helm test` of the chart says."""
        return {"status": run(self.cluster.helm, "test", self.cluster.release, "--namespace", self.cluster.namespace,
                              "--timeout", "4m", limit=300).returncode}


def another_authority(work):
    """A certificate that is as good as ours, of an authority that nobody here trusts."""
    def openssl(*arguments):
        run("openssl", *arguments, cwd=work)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=others", "-keyout", "others.key", "-out", "ca.crt")
    openssl("req", *key, "-subj", "/CN=stranger", "-keyout", "tls.key", "-out", "tls.csr")
    openssl("x509", "-req", "-in", "tls.csr", "-CA", "ca.crt", "-CAkey", "others.key", "-CAcreateserial", "-days", "2",
            "-out", "tls.crt")
    return {name: (work / name).read_text() for name in ("ca.crt", "tls.crt", "tls.key")}
