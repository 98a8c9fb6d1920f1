using System.Text.Json;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Requests;

/// <summary>What a client wants run, whatever the protocol it asked in.</summary>
/// <param name="Dialect">Which form a queued answer takes: the endpoint's name for itself.</param>
/// <param name="Limit">The most that it can use.</param>
/// <param name="Body">The request's body: with the path it tells one request from another under the same idempotency key.</param>
public sealed record Order(
    string Model, string Dialect, Ncn.Protocol.Grpc.Input Input, Ncn.Payments.Pricing.Usage Limit, ulong? Seed, ReadOnlyMemory<byte> Body)
{
    /// <summary>The one node that may run it; null for any. Such an order is run now or refused, never queued or moved.</summary>
    public Address? Node { get; init; }
}

/// <summary>How a request was let in.</summary>
public abstract class Admission
{
    private protected Admission()
    {
    }

    /// <summary>The same request was answered before.</summary>
    public sealed class Repeated(StoredAnswer answer) : Admission
    {
        public StoredAnswer Answer { get; } = answer;
    }

    /// <summary>It needed no run: a refund, say. Given as it is, also to who asked for a stream.</summary>
    public sealed class Answered(StoredAnswer answer) : Admission
    {
        public StoredAnswer Answer { get; } = answer;
    }

    /// <summary>It waits in the mempool.</summary>
    public sealed class Queued(RequestId request) : Admission
    {
        public RequestId Request { get; } = request;
    }

    /// <summary>It is paid for and runs. Disposed without a charge, everything is given back.</summary>
    public sealed class Running(
        RequestId request, IAsyncEnumerable<RunPart> parts, Func<Task<SettlementResponse?>> begin,
        Func<RunPart.Finished, Task<(TokenAmount Cost, SettlementResponse? Settlement)>> charge,
        Func<StoredAnswer, Task> store, Func<Task> giveBack) : Admission, IAsyncDisposable
    {
        private bool _charged;

        public RequestId Request { get; } = request;

        public IAsyncEnumerable<RunPart> Parts { get; } = parts;

        /// <summary>Before the first byte of a stream: pays what must be paid first, and returns it for the header PAYMENT-RESPONSE.</summary>
        public Task<SettlementResponse?> BeginStreamAsync() => begin();

        /// <summary>Charges what was delivered.</summary>
        public async Task<(TokenAmount Cost, SettlementResponse? Settlement)> ChargeAsync(RunPart.Finished end)
        {
            var result = await charge(end);
            _charged = true;
            return result;
        }

        /// <summary>Keeps the answer for a repeat and returns it.</summary>
        public Task<StoredAnswer> CompleteAsync(
            object body, JsonSerializerOptions json, TokenAmount cost, SettlementResponse? settlement, AttemptEvidence? evidence) =>
            CompleteAsync(new StoredAnswer(200, JsonSerializer.Serialize(body, json), StoredAnswers.Headers(Request, cost, settlement), cost, evidence));

        /// <summary>Keeps a whole answer for a repeat and returns it.</summary>
        public async Task<StoredAnswer> CompleteAsync(StoredAnswer answer)
        {
            await store(answer);
            return answer;
        }

        public async ValueTask DisposeAsync()
        {
            if (!_charged)
            {
                await giveBack();
            }
        }
    }
}
