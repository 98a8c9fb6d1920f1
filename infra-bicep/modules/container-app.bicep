metadata description = 'One app: an image with its identity, probes, ingress, sidecar and scale. What all apps have alike is said here once.'

import { Release, Scale } from '../types.bicep'
import { revisionOf } from '../names.bicep'

@description('Region.')
param location string
@description('Name of the app, which is its Dapr app id too.')
param name string
@description('Id of the environment.')
param environmentId string
@description('Image with its tag.')
param image string
@description('What is delivered.')
param release Release
@description('Host name of the image registry; empty: the image is public.')
param imageServer string
@description('Identity that pulls the image.')
param imageIdentityId string
@description('Identity that the app signs in with, and those of its Dapr components.')
param identityIds string[]
@description('Client id of the identity that the app signs in with.')
param clientId string
@description('Settings.')
param settings { name: string, value: string?, secretRef: string? }[]
@description('Secrets, as references into a vault.')
param secrets { name: string, keyVaultUrl: string, identity: string }[] = []
@description('Arguments of the image; none: its own.')
param arguments string[] = []
@description('Port that probes ask.')
param probePort int
@description('Path of the liveness probe: the process answers.')
param livePath string
@description('Path of the readiness probe: it can serve.')
param readyPath string
@description('Ingress; null: none.')
param ingress { isExternal: bool, port: int, transport: 'http' | 'http2' }?
@description('Dapr: the port that the sidecar calls, 0 for an app that only calls; null: no sidecar.')
param dapr { port: int }?
@description('How far it scales; requests count only where there is an ingress.')
param scale Scale
@description('Whether a new version is tried on a part of the traffic first. Otherwise it takes the place of the old one when it is ready.')
param hasCanary bool = false
@description('Cores, as text, since Bicep has no fractions: 0.25 to 4.')
param cpu string
@description('Memory, such as 2Gi: twice the cores.')
param memory string
@description('Seconds that requests get to end when a revision stops.')
@minValue(0)
@maxValue(600)
param drainSeconds int
@description('Tags of everything that is made.')
param tags object

var shared = hasCanary && !empty(release.stableVersion) && release.stableVersion != release.version
var traffic = shared
  ? [
      { revisionName: '${name}--${revisionOf(release.stableVersion)}', weight: 100 - release.canaryPercent }
      { latestRevision: true, weight: release.canaryPercent }
    ]
  : [{ latestRevision: true, weight: 100 }]
var allIdentities = union(identityIds, [imageIdentityId])

resource app 'Microsoft.App/containerApps@2026-01-01' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: toObject(allIdentities, id => id, id => {})
  }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: hasCanary ? 'Multiple' : 'Single'
      maxInactiveRevisions: 10
      registries: empty(imageServer) ? [] : [{ server: imageServer, identity: imageIdentityId }]
      secrets: secrets
      identitySettings: [{ identity: imageIdentityId, lifecycle: 'None' }]
      ingress: ingress == null
        ? null
        : {
            external: ingress.?isExternal
            targetPort: ingress.?port
            transport: ingress.?transport
            allowInsecure: false
            traffic: traffic
          }
      dapr: dapr == null
        ? { enabled: false }
        : union(
            { enabled: true, appId: name, appProtocol: 'http', httpMaxRequestSize: 16, logLevel: 'warn' },
            dapr.?port == 0 ? {} : { appPort: dapr.?port }
          )
    }
    template: {
      revisionSuffix: revisionOf(release.version)
      terminationGracePeriodSeconds: drainSeconds
      containers: [
        {
          name: 'app'
          image: image
          args: arguments
          resources: { cpu: json(cpu), memory: memory }
          env: concat(settings, [
            { name: 'APP_ID', value: name }
            { name: 'AZURE_CLIENT_ID', value: clientId }
          ])
          probes: [
            {
              type: 'Startup'
              httpGet: { path: livePath, port: probePort }
              periodSeconds: 2
              failureThreshold: 60
            }
            {
              type: 'Liveness'
              httpGet: { path: livePath, port: probePort }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 6
            }
            {
              type: 'Readiness'
              httpGet: { path: readyPath, port: probePort }
              periodSeconds: 5
              timeoutSeconds: 5
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: scale.minReplicas
        maxReplicas: scale.maxReplicas
        // An app without ingress that may have no instance sleeps until it is told otherwise: a rule would wake it.
        rules: ingress == null && scale.minReplicas == 0
          ? []
          : ingress == null
          ? [
              {
                name: 'load'
                custom: { type: 'cpu', metadata: { type: 'Utilization', value: '70' } }
              }
            ]
          : [
              {
                name: 'requests'
                http: { metadata: { concurrentRequests: '${scale.concurrency}' } }
              }
            ]
      }
    }
  }
}

@description('Host name under which it is reached; empty: it has no ingress.')
output host string = ingress == null ? '' : app.properties.configuration.ingress.fqdn
@description('Id of the app.')
output appId string = app.id
