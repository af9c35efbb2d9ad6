"""The pods that the test itself brings: they run as the chart's own do, and only their labels and mounts differ."""
import time

from cluster import eventually, is_ready

TLS = "/etc/gvsl/tls"
DATA = "/data"
# The command line in a pod that has certificates.
CTL = ["gvslctl", "--tls-cert", f"{TLS}/tls.crt", "--tls-key", f"{TLS}/tls.key", "--tls-ca", f"{TLS}/ca.crt"]
SECURITY = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def claim(name, storage_class, size="1Gi"):
    spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": size}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def pod(name, image, coordinator, labels=None, node=None, secret=None, data=None):
    """A pod that waits for `kubectl exec`, with certificates from `secret` and a claim `data` for writing."""
    mounts = [{"name": "tmp", "mountPath": "/tmp"}]
    volumes = [{"name": "tmp", "emptyDir": {}}]
    environment = {"GVSL_COORDINATOR": coordinator, "HOME": "/tmp"}
    if secret:
        mounts.append({"name": "tls", "mountPath": TLS, "readOnly": True})
        volumes.append({"name": "tls", "secret": {"secretName": secret, "defaultMode": 0o440}})
    if data:
        mounts.append({"name": "data", "mountPath": DATA})
        volumes.append({"name": "data", "persistentVolumeClaim": {"claimName": data}})
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {}},
        "spec": {
            "automountServiceAccountToken": False, "enableServiceLinks": False, "terminationGracePeriodSeconds": 1,
            "nodeSelector": {"kubernetes.io/hostname": node} if node else {},
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                                "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "main", "image": image, "command": ["/usr/bin/tini", "--", "sleep", "infinity"],
                "env": [{"name": key, "value": value} for key, value in environment.items()],
                "securityContext": SECURITY, "volumeMounts": mounts,
                "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "512Mi"}}}],
            "volumes": volumes}}


def start(cluster, *pods):
    cluster.apply(*pods)
    for one in pods:
        name = one["metadata"]["name"]
        eventually(lambda name=name: cluster.ready(name), f"pod {name} is not ready", 180)


def fetch(cluster, client, host, port, path="/metrics", seconds=4):
    """The body that HTTP answered to a pod, or None when there was no connection."""
    done = cluster.execute(client, "timeout", str(seconds), "bash", "-c",
                           'exec 3<>"/dev/tcp/$0/$1" && printf "GET $2 HTTP/1.0\\r\\n\\r\\n" >&3 && cat <&3',
                           host, str(port), path, check=False)
    return done.stdout if done.returncode == 0 and " 200 " in done.stdout.split("\n", 1)[0] else None


def connects(cluster, client, host, port, seconds=4):
    """Whether a TCP connection comes about."""
    return cluster.execute(client, "timeout", str(seconds), "bash", "-c", 'exec 3<>"/dev/tcp/$0/$1"', host, str(port),
                           check=False).returncode == 0


def signal_process(cluster, target, signal, *programs):
    """Sends a signal to all processes of `programs` in a pod; the images have no pkill."""
    script = ('signal=$0; for directory in /proc/[0-9]*; do name=$(cat "$directory/comm" 2>/dev/null) || continue; '
              'for program in "$@"; do case $program in "$name"*) kill -s "$signal" "${directory#/proc/}";; esac; '
              'done; done')
    # The container, and this command with it, may end before there is an answer.
    cluster.execute(target, "bash", "-c", script, signal, *programs, check=False)


def restarted(cluster, name, uid):
    """Whether another pod has taken the name, and is ready."""
    one = cluster.get("pod", name)
    return one is not None and one["metadata"]["uid"] != uid and is_ready(one) and time.monotonic()
