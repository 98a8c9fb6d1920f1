metadata description = 'Alerts on the service objectives and on what leads to a breach of one. README.md says for each what it means and what to do.'

import { Validator } from '../types.bicep'

@description('Region of the rules.')
param location string
@description('What the names begin with, and the name of the action group.')
param names object
@description('Who is told.')
param emails string[]
@description('The validators that run.')
param validators Validator[]
@description('Store of metrics.')
param metricsId string
@description('Service Bus namespaces, one for each region.')
param serviceBusIds string[]
@description('Cosmos DB account.')
param cosmosId string
@description('Tags of everything that is made.')
param tags object

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: names.actionGroup
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'ncn'
    enabled: true
    emailReceivers: map(emails, email => { name: email, emailAddress: email, useCommonAlertSchema: true })
  }
}

// The objectives: 99.9 % of the calls are answered without a fault of ours, 95 % of them begin within two seconds, queued jobs start within a minute.
var objectives = [
  {
    alert: 'GatewayFaultsFast'
    expression: 'sum(rate(ncn_gateway_requests_total{outcome=~"5..|Internal|Unavailable|Unknown"}[5m])) / sum(rate(ncn_gateway_requests_total[5m])) > 0.0144 and sum(rate(ncn_gateway_requests_total{outcome=~"5..|Internal|Unavailable|Unknown"}[1h])) / sum(rate(ncn_gateway_requests_total[1h])) > 0.0144'
    for: 'PT2M'
    severity: 1
    summary: 'The month\'s allowance of faults would be gone in two days.'
  }
  {
    alert: 'GatewayFaultsSlow'
    expression: 'sum(rate(ncn_gateway_requests_total{outcome=~"5..|Internal|Unavailable|Unknown"}[6h])) / sum(rate(ncn_gateway_requests_total[6h])) > 0.003'
    for: 'PT30M'
    severity: 3
    summary: 'The month\'s allowance of faults would be gone in ten days.'
  }
  {
    alert: 'FirstOutputLate'
    expression: 'histogram_quantile(0.95, sum by (le) (rate(ncn_worker_first_output_seconds_bucket[10m]))) > 2'
    for: 'PT10M'
    severity: 2
    summary: 'One of twenty answers begins more than two seconds after a node took the job.'
  }
  {
    alert: 'QueuedJobsWait'
    expression: 'max by (subnet, model) (ncn_mempool_oldest_seconds) > 60'
    for: 'PT5M'
    severity: 2
    summary: 'The oldest queued job of a model waits for more than a minute.'
  }
  {
    alert: 'NobodyServes'
    expression: 'sum by (subnet, model) (ncn_mempool_waiting) > 0 and sum by (subnet, model) (ncn_mempool_free_slots) == 0'
    for: 'PT10M'
    severity: 1
    summary: 'Jobs wait for a model that no node has room for.'
  }
  {
    alert: 'JobsGivenUp'
    expression: 'sum by (subnet, model, reason) (increase(ncn_mempool_given_up_total[15m])) > 0'
    for: 'PT1M'
    severity: 3
    summary: 'Queued jobs were given up and their reservations released.'
  }
  {
    alert: 'ModelNotLoaded'
    expression: 'min by (pod, model) (ncn_worker_model_loaded) == 0'
    for: 'PT15M'
    severity: 3
    summary: 'A worker could not load a model.'
  }
  {
    alert: 'RequestsSentAway'
    expression: 'sum(rate(ncn_gateway_shed_total[5m])) > 1'
    for: 'PT5M'
    severity: 2
    summary: 'More requests come than there are places in the lines.'
  }
]

// A validator that stops is nobody's fault to see: the others go on without it, and it loses what it does not do.
var ofValidators = [
  {
    alert: 'ValidatorHalted'
    expression: 'max by (pod) (ncn_validator_halted) > 0'
    for: 'PT1M'
    severity: 0
    summary: 'A validator signs nothing any more, or its key must not be used: its guard is missing, older, or knows of another vote.'
  }
  {
    alert: 'ValidatorSilent'
    expression: 'sum(ncn_validator_votes) < ${length(validators)} or absent(ncn_validator_votes)'
    for: 'PT10M'
    severity: 1
    summary: 'A validator does not vote: it is down, starts, follows, or has stopped.'
  }
  {
    alert: 'LedgerStandsStill'
    expression: 'min by (pod) (delta(ncn_validator_height[10m])) == 0'
    for: 'PT5M'
    severity: 1
    summary: 'A validator has seen no final block for a quarter of an hour: a third of the stake is away, or it does not reach the others.'
  }
  {
    alert: 'CheckpointLate'
    expression: 'max(ncn_validator_height) - max(ncn_validator_checkpoint_height) > 1000'
    for: 'PT30M'
    severity: 2
    summary: 'The chain has not accepted a checkpoint for ten of them: rewards cannot be claimed.'
  }
  {
    alert: 'ValidatorDiskFills'
    expression: 'min by (persistentvolumeclaim) (kubelet_volume_stats_available_bytes{persistentvolumeclaim=~"state-validator-.*"} / kubelet_volume_stats_capacity_bytes{persistentvolumeclaim=~"state-validator-.*"}) < 0.2'
    for: 'PT15M'
    severity: 2
    summary: 'Less than a fifth of a validator\'s disk is free. A full disk stops it.'
  }
]

resource rules 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = {
  name: '${names.metrics}-objectives'
  location: location
  tags: tags
  properties: {
    enabled: true
    interval: 'PT1M'
    scopes: [metricsId]
    rules: [
      for rule in concat(objectives, empty(validators) ? [] : ofValidators): {
        alert: rule.alert
        enabled: true
        expression: rule.expression
        for: rule.for
        severity: rule.severity
        annotations: { summary: rule.summary }
        actions: [{ actionGroupId: operators.id }]
        resolveConfiguration: { autoResolved: true, timeToResolve: 'PT10M' }
      }
    ]
  }
}

var ofBuses = flatten(map(range(0, length(serviceBusIds)), i => [
  {
    name: 'DeadLetters-${i}'
    summary: 'A message could not be handled and is kept as a dead letter.'
    scope: serviceBusIds[i]
    metric: 'DeadletteredMessages'
    aggregation: 'Maximum'
    threshold: 0
    dimensions: []
  }
  {
    name: 'MessagesPileUp-${i}'
    summary: 'More than a thousand messages wait: somebody has stopped listening.'
    scope: serviceBusIds[i]
    metric: 'ActiveMessages'
    aggregation: 'Maximum'
    threshold: 1000
    dimensions: []
  }
]))
var ofState = [
  {
    name: 'StateThrottled'
    summary: 'Cosmos DB turns actors away for want of request units.'
    scope: cosmosId
    metric: 'TotalRequests'
    aggregation: 'Count'
    threshold: 50
    dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['429'] }]
  }
]

resource platformAlerts 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for alert in concat(ofBuses, ofState): {
    name: '${names.metrics}-${alert.name}'
    location: 'global'
    tags: tags
    properties: {
      description: alert.summary
      severity: 2
      enabled: true
      scopes: [alert.scope]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.name
            metricName: alert.metric
            operator: 'GreaterThan'
            threshold: alert.threshold
            timeAggregation: alert.aggregation
            dimensions: alert.dimensions
          }
        ]
      }
      actions: [{ actionGroupId: operators.id }]
    }
  }
]

@description('Id of the group that alerts tell.')
output operatorsId string = operators.id
