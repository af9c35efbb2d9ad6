{{/* What every pod of the chart has in common. */}}
{{- define "gvsl.podSecurity" -}}
automountServiceAccountToken: false
# Service links would set variables that begin with the release's name, which may be GVSL_.
enableServiceLinks: false
serviceAccountName: {{ include "gvsl.serviceAccountName" . }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .Values.security.runAsUser }}
  runAsGroup: {{ .Values.security.runAsGroup }}
  fsGroup: {{ .Values.security.fsGroup }}
  # A large checkpoint claim is not walked through at every start.
  fsGroupChangePolicy: OnRootMismatch
  {{- with .Values.security.supplementalGroups }}
  supplementalGroups:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "gvsl.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* Options of the servers, as a list of arguments. */}}
{{- define "gvsl.serverTls" -}}
{{- if eq .Values.tls.mode "insecure" }}
- --insecure
{{- else }}
- --tls-cert=/etc/gvsl/tls/tls.crt
- --tls-key=/etc/gvsl/tls/tls.key
- --tls-ca=/etc/gvsl/tls/ca.crt
{{- end }}
{{- end -}}

{{/* Who may call the coordinator; workers take calls of their own authority only. */}}
{{- define "gvsl.clientCa" -}}
{{- if and (eq .Values.tls.mode "existingSecret") .Values.tls.existingSecret.keys.clientCa -}}
- --tls-client-ca=/etc/gvsl/tls/client-ca.crt
{{- end -}}
{{- end -}}

{{/* Options of gvslctl in a pod of the chart, as one line. */}}
{{- define "gvsl.clientOptions" -}}
{{- if eq .Values.tls.mode "insecure" -}}
--insecure
{{- else -}}
--tls-cert /etc/gvsl/tls/tls.crt --tls-key /etc/gvsl/tls/tls.key --tls-ca /etc/gvsl/tls/ca.crt
{{- end -}}
{{- end -}}

{{- define "gvsl.tlsMount" -}}
{{- if ne .Values.tls.mode "insecure" }}
- name: tls
  mountPath: /etc/gvsl/tls
  readOnly: true
{{- end }}
{{- end -}}

{{/* Of (dict "root" $ "secret" NAME "coordinator" BOOL). */}}
{{- define "gvsl.tlsVolume" -}}
{{- $tls := .root.Values.tls -}}
{{- if ne $tls.mode "insecure" }}
- name: tls
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
    {{- if eq $tls.mode "existingSecret" }}
    {{- $keys := $tls.existingSecret.keys }}
    items:
      - {key: {{ $keys.cert | quote }}, path: tls.crt}
      - {key: {{ $keys.key | quote }}, path: tls.key}
      - {key: {{ $keys.ca | quote }}, path: ca.crt}
      {{- if and .coordinator $keys.clientCa }}
      - {key: {{ $keys.clientCa | quote }}, path: client-ca.crt}
      {{- end }}
    {{- end }}
{{- end }}
{{- end -}}

{{/* Datasets and checkpoints: one list for coordinator and workers, so that a path means the same everywhere. */}}
{{- define "gvsl.dataMounts" -}}
{{- range .Values.datasets }}
- name: dataset-{{ .name }}
  mountPath: {{ .mountPath }}
  readOnly: {{ dig "readOnly" true . }}
  {{- with .subPath }}
  subPath: {{ . | quote }}
  {{- end }}
{{- end }}
- name: checkpoints
  mountPath: {{ .Values.checkpoints.mountPath }}
  {{- with .Values.checkpoints.subPath }}
  subPath: {{ . | quote }}
  {{- end }}
{{- end -}}

{{- define "gvsl.dataVolumes" -}}
{{- range .Values.datasets }}
- name: dataset-{{ .name }}
  persistentVolumeClaim:
    claimName: {{ .existingClaim | quote }}
    readOnly: {{ dig "readOnly" true . }}
{{- end }}
- name: checkpoints
  persistentVolumeClaim:
    claimName: {{ default (printf "%s-checkpoints" (include "gvsl.fullname" .)) .Values.checkpoints.existingClaim | quote }}
{{- end -}}

{{/* "yes" where a pool names the GPUs that its pods get. Of the pool with its defaults. */}}
{{- define "gvsl.poolAsksForGpus" -}}
{{- $resources := default dict .resources -}}
{{- $asks := not (empty $resources.claims) -}}
{{- range $name, $amount := $resources.limits -}}
{{- if contains "/" $name -}}{{- $asks = true -}}{{- end -}}
{{- end -}}
{{- range .extraEnv -}}
{{- if eq .name "NVIDIA_VISIBLE_DEVICES" -}}{{- $asks = true -}}{{- end -}}
{{- end -}}
{{- $asks | ternary "yes" "no" -}}
{{- end -}}

{{/* Placement. Of the map that holds the keys. */}}
{{- define "gvsl.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Of the pod's own HTTP port. The first start may load for minutes from a slow disk. */}}
{{- define "gvsl.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  failureThreshold: 150
# The process answers. Nothing that another pod or a mount does can fail it.
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}

{{/* Annotations of a pod. Of (dict "root" $ "own" MAP). */}}
{{- define "gvsl.podAnnotations" -}}
{{- if eq .root.Values.monitoring.scrape "annotations" }}
prometheus.io/scrape: "true"
prometheus.io/port: "7601"
prometheus.io/path: /metrics
{{- end }}
{{- with .own }}
{{ toYaml . }}
{{- end }}
{{- end -}}
