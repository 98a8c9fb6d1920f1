targetScope = 'subscription'

metadata description = 'What the deployment may cost a month: a word at 50 and 80 %, and when the month is likely to end above it.'

@description('Name of the budget.')
param name string
@description('Amount a month, in the currency of the subscription.')
@minValue(1)
param amount int
@description('First day that it counts, the first of a month: 2026-12-01.')
param startDate string
@description('Resource groups that it counts.')
param groups string[]
@description('Whom to tell.')
param emails string[]

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: startDate }
    filter: {
      dimensions: { name: 'ResourceGroupName', operator: 'In', values: groups }
    }
    notifications: {
      half: { enabled: true, operator: 'GreaterThan', threshold: 50, thresholdType: 'Actual', contactEmails: emails }
      most: { enabled: true, operator: 'GreaterThan', threshold: 80, thresholdType: 'Actual', contactEmails: emails }
      forecast: { enabled: true, operator: 'GreaterThan', threshold: 100, thresholdType: 'Forecasted', contactEmails: emails }
    }
  }
}
