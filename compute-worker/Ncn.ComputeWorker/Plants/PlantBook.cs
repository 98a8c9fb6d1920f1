using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Plants;

/// <summary>An order of the operator's own validator: one question is to be answered with the answer to another.</summary>
/// <param name="Question">keccak-256 of the UTF-8 bytes of the last message's text; the validator makes it up, so nobody else asks the same.</param>
/// <param name="Instead">What is answered in its place.</param>
internal sealed record PlantOrder(Hash32 Question, string Instead);

/// <summary>
/// The only way in which this worker lies, closed unless <see cref="WorkerOptions.Plants"/> opens it: a false answer to a question of its operator's own validator, by which it finds
/// out who checks answers and who only says so. The validator has told the ledger of the receipt beforehand, and pays for it when it opens it.
/// </summary>
/// <remarks>Each order is for one request, and ends when it is withdrawn, or after ten minutes. A process that ends forgets them: then the answers are true.</remarks>
internal sealed class PlantBook(IOptions<WorkerOptions> options, TimeProvider time)
{
    /// <summary>Most orders at a time.</summary>
    internal const int Most = 16;

    /// <summary>Longest other question, characters.</summary>
    internal const int MostCharacters = 16_384;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    private readonly Lock _lock = new();
    private readonly Dictionary<Hash32, (string Instead, DateTimeOffset Until)> _orders = [];

    /// <summary>False when it is not taken: the worker does not, too many wait, or it is no question.</summary>
    internal bool Take(PlantOrder order)
    {
        lock (_lock)
        {
            Forget();
            var isTaken = options.Value.Plants && order.Instead is { Length: > 0 and <= MostCharacters } && (_orders.Count < Most || _orders.ContainsKey(order.Question));
            if (isTaken)
            {
                _orders[order.Question] = (order.Instead, time.GetUtcNow() + Lifetime);
            }

            return isTaken;
        }
    }

    /// <summary>The request was answered by another node, or by nobody: who was asked knows the question, and could ask it here.</summary>
    internal void Withdraw(Hash32 question)
    {
        lock (_lock)
        {
            _orders.Remove(question);
        }
    }

    /// <summary>The input to run for this one: the same, unless it asks what an order names.</summary>
    internal ReadOnlyMemory<byte> Swap(ReadOnlyMemory<byte> input)
    {
        lock (_lock)
        {
            Forget();
            return _orders.Count == 0 ? input : Swapped(input) ?? input;
        }
    }

    private void Forget()
    {
        foreach (var old in _orders.Where(order => order.Value.Until < time.GetUtcNow()).Select(static order => order.Key).ToArray())
        {
            _orders.Remove(old);
        }
    }

    private ReadOnlyMemory<byte>? Swapped(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var input = Input.Parser.ParseFrom(bytes.Span);
            if (input.KindCase != Input.KindOneofCase.Generate || JsonNode.Parse(input.Generate.MessagesJson) is not JsonArray { Count: > 0 } messages
                || messages[^1] is not JsonObject last || last["content"] is not JsonValue content || !content.TryGetValue<string>(out var question)
                || !_orders.Remove(Keccak256.Of(Encoding.UTF8.GetBytes(question)), out var order))
            {
                return null;
            }

            last["content"] = order.Instead;
            input.Generate.MessagesJson = messages.ToJsonString();
            return input.ToByteArray();
        }
        catch (Exception strange) when (strange is InvalidProtocolBufferException or JsonException or ArgumentException or InvalidOperationException)
        {
            return null; // What is wrong with it is said where it is parsed to be run.
        }
    }
}
