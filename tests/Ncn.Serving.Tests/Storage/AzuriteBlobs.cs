using Ncn.Tests.Azurite;

namespace Ncn.Serving.Tests.Storage;

/// <summary>Azurite's blobs.</summary>
internal sealed class AzuriteBlobs() : AzuriteService("blob")
{
    public string ConnectionString => $"{AccountSettings}BlobEndpoint={Endpoint};";
}
