using System.Text.Json;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Api;

namespace Ncn.Validator.Hosting;

/// <summary>Operations come in over the broker too; what else is on the topic is passed over.</summary>
internal static class ConsensusTopic
{
    internal const string Name = "consensus";

    internal static async Task ReceiveAsync(HttpContext http, ValidatorHost host, ILogger<ValidatorHost> log)
    {
        try
        {
            var request = await JsonSerializer.DeserializeAsync<OperationRequest>(http.Request.Body, ProtocolJson.Options, http.RequestAborted);
            if (request is { Kind: > 0 } && OperationForm.Read(request.Kind, request.Content.Span) is { IsObservation: false } operation)
            {
                host.Engine?.Submit(new ClaimedOperation(operation, request.Signature));
            }
        }
        catch (JsonException other)
        {
            log.LogDebug("A message on {Topic} is no operation: {Reason}", Name, other.Message);
        }

        await http.Response.WriteAsJsonAsync(new { status = "SUCCESS" }, http.RequestAborted);
    }
}
