using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Inference;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Oip;

/// <summary>Open Inference Protocol v2 between REST's JSON and the protocol's own messages; checks a request against the model's signature.</summary>
internal static class OipCodec
{
    private const int MaxDimensions = 8;
    private const long MaxElements = 16 * 1024 * 1024;

    /// <summary>Parses an inference request for an offer. Throws <see cref="ApiException"/> that says what the tensor must look like.</summary>
    public static (ModelInferRequest Request, uint Rows) Parse(ReadOnlyMemory<byte> body, ModelOffer offer)
    {
        using var document = JsonBody.Parse(body);
        var root = document.RootElement;
        if (!root.TryGetProperty("inputs", out var inputs) || inputs.ValueKind != JsonValueKind.Array || inputs.GetArrayLength() > 64)
        {
            throw Bad("inputs must be an array of at most 64 tensors {name, shape, datatype, data}.");
        }

        var request = new ModelInferRequest
        {
            ModelName = offer.Name,
            ModelVersion = offer.Version,
            Id = root.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : string.Empty,
        };
        foreach (var input in inputs.EnumerateArray())
        {
            AddInput(request, input, offer);
        }

        RequireAllInputs(request, offer);
        AddOutputs(request, root, offer);
        return (request, Rows(request, offer));
    }

    /// <summary>The REST form of a response, with what NCN adds under parameters.ncn.</summary>
    public static JsonObject ToJson(ModelInferResponse response, Evidence evidence)
    {
        var outputs = new JsonArray();
        for (var i = 0; i < response.Outputs.Count; i++)
        {
            var output = response.Outputs[i];
            outputs.Add(new JsonObject
            {
                ["name"] = output.Name,
                ["datatype"] = output.Datatype,
                ["shape"] = new JsonArray([.. output.Shape.Select(static size => (JsonNode)size)]),
                ["data"] = Datatype.Read(output.Datatype, response.RawOutputContents[i].Span),
            });
        }

        var body = new JsonObject { ["model_name"] = response.ModelName, ["model_version"] = response.ModelVersion };
        if (response.Id.Length > 0)
        {
            body["id"] = response.Id;
        }

        body["parameters"] = new JsonObject { ["ncn"] = evidence.ToJson() };
        body["outputs"] = outputs;
        return body;
    }

    private static void AddInput(ModelInferRequest request, JsonElement input, ModelOffer offer)
    {
        if (input.ValueKind != JsonValueKind.Object)
        {
            throw Bad("Each input must be an object {name, shape, datatype, data}.");
        }

        var name = JsonBody.RequiredString(input, "name");
        var spec = offer.Inputs.FirstOrDefault(candidate => candidate.Name == name)
            ?? throw Bad($"{offer.Name} has no input {name}; its inputs are {string.Join(", ", offer.Inputs.Select(static candidate => candidate.Name))}.");
        if (request.Inputs.Any(tensor => tensor.Name == name))
        {
            throw Bad($"Input {name} is given twice.");
        }

        if (JsonBody.RequiredString(input, "datatype") != spec.Datatype)
        {
            throw Bad($"Input {name} must have datatype {spec.Datatype}.");
        }

        var shape = ReadShape(input, spec);
        var tensor = new ModelInferRequest.Types.InferInputTensor { Name = name, Datatype = spec.Datatype };
        tensor.Shape.AddRange(shape);
        request.Inputs.Add(tensor);
        request.RawInputContents.Add(ReadData(input, spec, shape.Aggregate(1L, static (product, size) => checked(product * size))));
    }

    private static long[] ReadShape(JsonElement input, TensorSpec spec)
    {
        var expected = $"Input {spec.Name} must have shape [{string.Join(",", spec.Shape)}], where -1 stands for any size from 1.";
        if (!input.TryGetProperty("shape", out var given) || given.ValueKind != JsonValueKind.Array
            || given.GetArrayLength() != spec.Shape.Count || spec.Shape.Count > MaxDimensions)
        {
            throw Bad(expected);
        }

        var shape = new long[spec.Shape.Count];
        for (var i = 0; i < shape.Length; i++)
        {
            if (given[i].ValueKind != JsonValueKind.Number || !given[i].TryGetInt64(out shape[i]) || shape[i] is < 1 or > MaxElements
                || (spec.Shape[i] >= 0 && spec.Shape[i] != shape[i]))
            {
                throw Bad(expected);
            }
        }

        return shape.Aggregate(1.0, static (product, size) => product * size) <= MaxElements
            ? shape
            : throw Bad($"Input {spec.Name} has more than {MaxElements} elements.");
    }

    private static ByteString ReadData(JsonElement input, TensorSpec spec, long elements)
    {
        if (!input.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
        {
            throw Bad($"Input {spec.Name} must have data: an array, nested or flat in row-major order.");
        }

        using var bytes = new MemoryStream();
        try
        {
            var count = WriteAll(bytes, spec.Datatype, data);
            return count == elements
                ? ByteString.CopyFrom(bytes.GetBuffer(), 0, (int)bytes.Length)
                : throw Bad($"Input {spec.Name} has {count} elements; its shape says {elements}.");
        }
        catch (Exception mismatch) when (mismatch is FormatException or InvalidOperationException or OverflowException)
        {
            throw Bad($"Input {spec.Name} has an element that is not a value of {spec.Datatype}.");
        }
    }

    private static long WriteAll(Stream output, string datatype, JsonElement data)
    {
        long count = 0;
        foreach (var element in data.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                count += WriteAll(output, datatype, element);
            }
            else
            {
                Datatype.Write(output, datatype, element);
                count++;
            }
        }

        return count;
    }

    private static void RequireAllInputs(ModelInferRequest request, ModelOffer offer)
    {
        var missing = offer.Inputs.FirstOrDefault(spec => request.Inputs.All(tensor => tensor.Name != spec.Name));
        if (missing is not null)
        {
            throw Bad($"Input {missing.Name} is missing; {offer.Name} needs {string.Join(", ", offer.Inputs.Select(static spec => spec.Name))}.");
        }
    }

    private static void AddOutputs(ModelInferRequest request, JsonElement root, ModelOffer offer)
    {
        if (!root.TryGetProperty("outputs", out var outputs) || outputs.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (var output in outputs.EnumerateArray())
        {
            var name = output.ValueKind == JsonValueKind.Object ? JsonBody.RequiredString(output, "name") : string.Empty;
            if (offer.Outputs.All(spec => spec.Name != name))
            {
                throw Bad($"{offer.Name} has no output {name}; its outputs are {string.Join(", ", offer.Outputs.Select(static spec => spec.Name))}.");
            }

            request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name });
        }
    }

    private static uint Rows(ModelInferRequest request, ModelOffer offer)
    {
        // The rule by which a node counts too: the largest first dimension among the inputs whose first dimension the caller chooses.
        var rows = request.Inputs
            .Where(input => offer.Inputs.Any(spec => spec.Name == input.Name && spec.Shape.Count > 0 && spec.Shape[0] < 0))
            .Select(static input => input.Shape[0]).DefaultIfEmpty(1).Max();
        return rows <= offer.MaxBatch
            ? (uint)rows
            : throw Bad($"{offer.Name} takes at most {offer.MaxBatch} rows in one request; {rows} were given.");
    }

    private static ApiException Bad(string message) => new(ApiError.BadRequest("invalid_request", message));
}
