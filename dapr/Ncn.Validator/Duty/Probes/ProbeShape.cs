using System.Collections.Immutable;
using System.Text.Json;
using Google.Protobuf;
using Ncn.Client.Inference;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Validator.Duty.Probes;

/// <summary>One message of a recorded request: who says it, and how long it is.</summary>
internal readonly record struct ProbeTurn(string Role, int Length);

/// <summary>What a request looked like: all of it but its words.</summary>
/// <param name="Model">What it ran on; zero for any.</param>
/// <param name="MaxTokens">Null: not stated.</param>
internal sealed record ProbeShape(ModelDigest Model, ImmutableArray<ProbeTurn> Turns, int? MaxTokens, double? Temperature, double? TopP)
{
    private const int MostTurns = 16;
    private const int MostCharacters = 8_192;
    private static readonly string[] Roles = ["system", "user", "assistant"];

    /// <summary>What is asked before any traffic was seen.</summary>
    internal static ImmutableArray<ProbeShape> Seeds { get; } =
    [
        Seed(null, null, 18), Seed(24, null, 16), Seed(32, 0, 30), Seed(64, 0.7, 60), Seed(48, 0.2, 110), Seed(16, 0, 22), Seed(96, 0.8, 180),
        new(default, [new ProbeTurn("system", 48), new ProbeTurn("user", 70)], 64, 0.3, null),
        new(default, [new ProbeTurn("user", 25), new ProbeTurn("assistant", 40), new ProbeTurn("user", 35)], 40, 1, 0.9),
    ];

    /// <summary>Of a request that a gateway has shown; null when it is sealed, no chat, or asks for what this client cannot.</summary>
    internal static ProbeShape? Of(ReceiptEvidence evidence)
    {
        try
        {
            var input = Input.Parser.ParseFrom(evidence.Input);
            return !evidence.IsSealed && input.KindCase == Input.KindOneofCase.Generate && IsPlain(input.Generate) && TurnsOf(input.Generate.MessagesJson) is { } turns
                ? new ProbeShape(evidence.Receipt.Message.ModelDigest, turns, (int)input.Generate.MaxTokens, Number(input.Generate.Temperature), input.Generate.TopP == 0 ? null : Number(input.Generate.TopP))
                : null;
        }
        catch (Exception strange) when (strange is InvalidProtocolBufferException or JsonException or InvalidOperationException) // the last for half a character
        {
            return null; // Whether it is a fault is for the check to say.
        }
    }

    /// <summary>A request of this shape, in new words.</summary>
    internal ChatRequest Write(string model, Hash32 salt) =>
        new(model, [.. Turns.Select((turn, place) => new ChatMessage(turn.Role, ProbeText.Write(salt, (byte)place, turn.Length)))], MaxTokens, Temperature, TopP);

    private static ProbeShape Seed(int? maxTokens, double? temperature, int length) => new(default, [new ProbeTurn("user", length)], maxTokens, temperature, null);

    private static bool IsPlain(GenerateInput input) =>
        input is { Prompt.Length: 0, TopK: 0, MinP: 0, RepetitionPenalty: 0, PresencePenalty: 0, FrequencyPenalty: 0, Logprobs: false, JsonSchema.Length: 0, ToolsJson.Length: 0, MaxTokens: > 0 and < 1 << 20, Temperature: >= 0 and <= 2, TopP: >= 0 and <= 1 }
        && input.Stop.Count + input.LogitBias.Count + input.StopTokens.Count + input.PromptTokens.Count + input.CommittedTokens.Count == 0;

    // Decimal as the client wrote it, and not what is next to it in binary.
    private static double Number(float value) => (double)(decimal)value;

    private static ImmutableArray<ProbeTurn>? TurnsOf(string messages)
    {
        using var document = JsonDocument.Parse(messages);
        if (document.RootElement.ValueKind != JsonValueKind.Array || document.RootElement.GetArrayLength() is 0 or > MostTurns)
        {
            return null;
        }

        var turns = ImmutableArray.CreateBuilder<ProbeTurn>();
        foreach (var message in document.RootElement.EnumerateArray())
        {
            if (TextOf(message, "role") is not { } role || !Roles.Contains(role) || TextOf(message, "content") is not { } content || message.EnumerateObject().Count() != 2)
            {
                return null;
            }

            turns.Add(new ProbeTurn(role, content.Length));
        }

        return turns.Sum(static turn => turn.Length) <= MostCharacters ? turns.ToImmutable() : null;
    }

    private static string? TextOf(JsonElement message, string name) =>
        message.ValueKind == JsonValueKind.Object && message.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>The newest shapes of requests that this validator has read as a checker, beside the built-in ones. Words are not kept. Safe for concurrent use.</summary>
internal sealed class ProbeShapes
{
    private const int MostRecorded = 64;
    private ImmutableList<ProbeShape> _recorded = [];

    internal IReadOnlyList<ProbeShape> All => [.. ProbeShape.Seeds, .. Volatile.Read(ref _recorded)];

    internal void Learn(ReceiptEvidence evidence)
    {
        if (ProbeShape.Of(evidence) is { } shape)
        {
            ImmutableInterlocked.Update(ref _recorded, recorded => (recorded.Count < MostRecorded ? recorded : recorded.RemoveAt(0)).Add(shape));
        }
    }
}
