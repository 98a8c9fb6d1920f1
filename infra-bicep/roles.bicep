metadata description = 'Built-in roles of Azure that are given here, by their published ids. Nothing else is given.'

@export()
var roles = {
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  serviceBusDataOwner: '090c5cfd-751d-490a-894a-3ce6f1109419'
  serviceBusDataReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  serviceBusDataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  monitoringDataReader: 'b0d8363b-8ddd-447d-831f-62ca05bff136'
  grafanaAdmin: '22926164-76b3-42b3-bc55-97df8dab3e41'
  networkContributor: '4d97b98b-1d4f-4787-a291-c67834d212e7'
  managedIdentityOperator: 'f1a07417-d97a-45cb-824c-7a7467783830'
}

@export()
@description('The data contributor of Cosmos DB, which is given by sqlRoleAssignments and not by Microsoft.Authorization.')
var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'
