metadata description = 'Front Door with a firewall before the gateways. It carries plain requests and WebSockets; server-sent events and gRPC go to the gateways\' own addresses.'

import { Subnet } from '../types.bicep'
import { gatewayApp } from '../names.bicep'

@description('Names: frontDoor, firewall.')
param names object
@description('The subnets.')
param subnets Subnet[]
@description('Domains of the apps of each region.')
param domains string[]
@description('Whether each region is active. The other one is not probed: a probe would wake its apps.')
param actives bool[]
@description('Requests a minute that one address may make.')
@minValue(100)
param requestsPerMinute int
@description('Tags of everything that is made.')
param tags object

// First those of the first region in the order of the subnets, then those of the next.
var hosts = flatten(map(domains, domain => map(subnets, subnet => '${gatewayApp(subnet.name)}.${domain}')))

resource profile 'Microsoft.Cdn/profiles@2025-06-01' = {
  name: names.frontDoor
  location: 'global'
  tags: tags
  sku: { name: 'Premium_AzureFrontDoor' }
  properties: { originResponseTimeoutSeconds: 240 }
}

resource firewall 'Microsoft.Network/FrontDoorWebApplicationFirewallPolicies@2025-03-01' = {
  name: names.firewall
  location: 'global'
  tags: tags
  sku: { name: 'Premium_AzureFrontDoor' }
  properties: {
    policySettings: { enabledState: 'Enabled', mode: 'Prevention', requestBodyCheck: 'Disabled' }
    managedRules: {
      managedRuleSets: [
        { ruleSetType: 'Microsoft_BotManagerRuleSet', ruleSetVersion: '1.1' }
      ]
    }
    customRules: {
      rules: [
        {
          name: 'Pace'
          priority: 1
          enabledState: 'Enabled'
          ruleType: 'RateLimitRule'
          rateLimitDurationInMinutes: 1
          rateLimitThreshold: requestsPerMinute
          action: 'Block'
          matchConditions: [
            { matchVariable: 'RequestUri', operator: 'RegEx', matchValue: ['.*'] }
          ]
        }
      ]
    }
  }
}

resource endpoints 'Microsoft.Cdn/profiles/afdEndpoints@2025-06-01' = [
  for subnet in subnets: {
    parent: profile
    name: subnet.name
    location: 'global'
    tags: tags
    properties: { enabledState: 'Enabled' }
  }
]

resource groups 'Microsoft.Cdn/profiles/originGroups@2025-06-01' = [
  for subnet in subnets: {
    parent: profile
    name: subnet.name
    properties: {
      loadBalancingSettings: { sampleSize: 4, successfulSamplesRequired: 3, additionalLatencyInMilliseconds: 50 }
      healthProbeSettings: { probePath: '/readyz', probeRequestType: 'GET', probeProtocol: 'Https', probeIntervalInSeconds: 30 }
    }
  }
]

resource origins 'Microsoft.Cdn/profiles/originGroups/origins@2025-06-01' = [
  for (host, i) in hosts: {
    parent: groups[i % length(subnets)]
    name: 'region-${i / length(subnets)}'
    properties: {
      hostName: host
      originHostHeader: host
      httpsPort: 443
      priority: 1
      weight: 1000
      enabledState: actives[i / length(subnets)] ? 'Enabled' : 'Disabled'
      enforceCertificateNameCheck: true
    }
  }
]

resource routes 'Microsoft.Cdn/profiles/afdEndpoints/routes@2025-06-01' = [
  for (subnet, i) in subnets: {
    parent: endpoints[i]
    name: 'all'
    properties: {
      originGroup: { id: groups[i].id }
      supportedProtocols: ['Https']
      patternsToMatch: ['/*']
      forwardingProtocol: 'HttpsOnly'
      httpsRedirect: 'Disabled'
      linkToDefaultDomain: 'Enabled'
      enabledState: 'Enabled'
    }
    dependsOn: [origins]
  }
]

resource protection 'Microsoft.Cdn/profiles/securityPolicies@2025-06-01' = {
  parent: profile
  name: 'firewall'
  properties: {
    parameters: {
      type: 'WebApplicationFirewall'
      wafPolicy: { id: firewall.id }
      associations: [
        {
          domains: [for (subnet, i) in subnets: { id: endpoints[i].id }]
          patternsToMatch: ['/*']
        }
      ]
    }
  }
}

@description('Host names of the front, in the order of the subnets.')
output frontHosts array = [for (subnet, i) in subnets: endpoints[i].properties.hostName]
