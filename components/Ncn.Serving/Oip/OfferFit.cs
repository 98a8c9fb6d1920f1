using Inference;
using Ncn.OpenInference;
using Ncn.OpenInference.Json;
using Ncn.OpenInference.Messages;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using BinaryData = Ncn.OpenInference.BinaryData;

namespace Ncn.Serving.Oip;

/// <summary>Reads a request, and checks it against the signature that a node offers, by the rules by which the node checks it again.</summary>
internal static class OfferFit
{
    /// <summary>The request for an offer, and the rows that it is priced by. Throws <see cref="ApiException"/> that says what is wrong.</summary>
    public static (ModelInferRequest Request, uint Rows) Parse(ReadOnlyMemory<byte> body, string? headerLength, ModelOffer offer)
    {
        try
        {
            var request = InferRequestReader.Read(body, headerLength);
            request.ModelName = offer.Name;
            request.ModelVersion = offer.Version;
            return FormProblem(request, offer) is { } problem ? throw Bad($"{offer.Name}: {problem}.") : (request, Rows(request, offer));
        }
        catch (OpenInferenceException refused)
        {
            throw Bad(refused.Message);
        }
    }

    /// <summary>The rows that a request is priced by. Throws <see cref="ApiException"/> when it does not fit the offer.</summary>
    public static uint Rows(ModelInferRequest request, ModelOffer offer)
    {
        try
        {
            var signature = new TensorSignature(offer.Inputs, offer.Outputs);
            var inputs = TensorContents.Read(request);
            var problem = signature.Problem(inputs, offer.MaxBatch, offer.MaxInputBytes)
                ?? signature.OutputProblem([.. request.Outputs.Select(static output => output.Name)]);
            return problem is null ? signature.Rows(inputs) : throw Bad($"{offer.Name}: {problem}.");
        }
        catch (OpenInferenceException refused)
        {
            throw Bad(refused.Message);
        }
    }

    // An answer that JSON cannot carry must be refused before it is run and paid.
    private static string? FormProblem(ModelInferRequest request, ModelOffer offer)
    {
        var raw = offer.Outputs.FirstOrDefault(spec => spec.Datatype == nameof(TensorDatatype.BF16)
            && (request.Outputs.Count == 0 || request.Outputs.Any(output => output.Name == spec.Name))
            && !BinaryData.Wants(request, spec.Name));
        return raw is null ? null : $"output {raw.Name} is BF16, which has no form in JSON; ask for it with the parameter binary_data";
    }

    private static ApiException Bad(string message) => new(ApiError.BadRequest("invalid_request", message));
}
