metadata description = 'Where logs, traces and metrics go, and Grafana to look at them.'

import { roles } from '../roles.bicep'

@description('Region.')
param location string
@description('Names: logs, insights, metrics, grafana.')
param names object
@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int
@description('Most gigabytes of logs a day; -1 is no limit.')
param dailyGigabytes int
@description('Entra group that administers Grafana.')
param adminGroupId string
@description('Principal of the collector, which sends traces and metrics.')
param collectorPrincipalId string
@description('Tags of everything that is made.')
param tags object

resource logs 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: names.logs
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyGigabytes }
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: names.insights
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
    // The collector's exporter knows this service by its connection string alone: who has it can send telemetry and read nothing.
    DisableLocalAuth: false
  }
}

resource metrics 'Microsoft.Monitor/accounts@2025-10-03' = {
  name: names.metrics
  location: location
  tags: tags
}

resource ingestion 'Microsoft.Insights/dataCollectionEndpoints@2024-03-11' = {
  name: names.metrics
  location: location
  tags: tags
  kind: 'Linux'
  properties: { networkAcls: { publicNetworkAccess: 'Enabled' } }
}

// What the collector writes and what AKS scrapes go into one store, so that one query sees both.
resource collection 'Microsoft.Insights/dataCollectionRules@2024-03-11' = {
  name: names.metrics
  location: location
  tags: tags
  kind: 'Linux'
  properties: {
    dataCollectionEndpointId: ingestion.id
    dataSources: {
      prometheusForwarder: [
        {
          name: 'prometheus'
          streams: ['Microsoft-PrometheusMetrics']
          labelIncludeFilter: {}
        }
      ]
    }
    destinations: {
      monitoringAccounts: [
        {
          name: 'metrics'
          accountResourceId: metrics.id
        }
      ]
    }
    dataFlows: [
      {
        streams: ['Microsoft-PrometheusMetrics']
        destinations: ['metrics']
      }
    ]
  }
}

resource grafana 'Microsoft.Dashboard/grafana@2025-08-01' = {
  name: names.grafana
  location: location
  tags: tags
  sku: { name: 'Standard' }
  identity: { type: 'SystemAssigned' }
  properties: {
    apiKey: 'Disabled'
    publicNetworkAccess: 'Enabled'
    grafanaIntegrations: {
      azureMonitorWorkspaceIntegrations: [{ azureMonitorWorkspaceResourceId: metrics.id }]
    }
  }
}

resource grafanaReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: metrics
  name: guid(metrics.id, names.grafana, roles.monitoringDataReader)
  properties: {
    principalId: grafana.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringDataReader)
  }
}

resource administers 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: grafana
  name: guid(grafana.id, adminGroupId, roles.grafanaAdmin)
  properties: {
    principalId: adminGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.grafanaAdmin)
  }
}

resource collectorWrites 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: collection
  name: guid(collection.id, collectorPrincipalId, roles.monitoringMetricsPublisher)
  properties: {
    principalId: collectorPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringMetricsPublisher)
  }
}

@description('Id of the logs.')
output logsId string = logs.id
@description('Name of Application Insights, for who writes its address into a vault.')
output insightsName string = insights.name
@description('Id of the store of metrics.')
output metricsId string = metrics.id
@description('Where metrics are queried.')
output metricsQueryEndpoint string = metrics.properties.metrics.prometheusQueryEndpoint
@description('Where metrics are written.')
output metricsWriteUrl string = '${ingestion.properties.metricsIngestion.endpoint}/dataCollectionRules/${collection.properties.immutableId}/streams/Microsoft-PrometheusMetrics/api/v1/write?api-version=2023-04-24'
@description('Id of the rule that AKS scrapes by.')
output collectionRuleId string = collection.id
@description('Address of Grafana.')
output grafanaUrl string = grafana.properties.endpoint
