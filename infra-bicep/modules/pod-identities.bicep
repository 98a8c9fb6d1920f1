metadata description = 'Who a pod is: workers and validators by their service accounts, KEDA\'s operator by its own.'

import { fixed } from '../names.bicep'

@description('Name of the cluster.')
param name string
@description('Who vouches for the identities of its pods.')
param issuer string
@description('Identities by name.')
param identities object

resource compute 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: last(split(identities.compute.id, '/'))
}

resource computePods 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: compute
  name: name
  properties: {
    issuer: issuer
    subject: 'system:serviceaccount:${fixed.kubernetesNamespace}:${fixed.computeServiceAccount}'
    audiences: ['api://AzureADTokenExchange']
  }
}

resource keda 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: last(split(identities.keda.id, '/'))
}

resource kedaOperator 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: keda
  name: name
  properties: {
    issuer: issuer
    subject: 'system:serviceaccount:kube-system:keda-operator'
    audiences: ['api://AzureADTokenExchange']
  }
}

resource validator 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: last(split(identities.validator.id, '/'))
}

resource validatorPods 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: validator
  name: name
  properties: {
    issuer: issuer
    subject: 'system:serviceaccount:${fixed.kubernetesNamespace}:${fixed.validatorServiceAccount}'
    audiences: ['api://AzureADTokenExchange']
  }
}
