namespace Ncn.Tests.Azurite;

/// <summary>Azurite's tables.</summary>
internal sealed class AzuriteTables() : AzuriteService("table")
{
    public string ConnectionString => $"{AccountSettings}TableEndpoint={Endpoint};";
}
