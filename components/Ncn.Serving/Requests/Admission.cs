using System.Text.Json;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Webhooks;

namespace Ncn.Serving.Requests;

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

    /// <summary>The same request runs in this process: the caller reads along.</summary>
    public sealed class Attached(LiveAnswer answer) : Admission
    {
        public LiveAnswer Answer { get; } = answer;
    }

    /// <summary>It waits in the mempool.</summary>
    public sealed class Queued(RequestId request) : Admission
    {
        public RequestId Request { get; } = request;

        /// <summary>Who is told when it is done, and the secret of the message; null where nobody asked.</summary>
        public WebhookWish? Webhook { get; init; }
    }

    /// <summary>It is paid for and runs. Disposed without a charge, everything is given back.</summary>
    public sealed class Running(
        RequestId request, IAsyncEnumerable<RunPart> parts, Func<Task<SettlementResponse?>> begin,
        Func<IReadOnlyList<RunPart.Finished>, Task<(TokenAmount Cost, SettlementResponse? Settlement)>> charge,
        Func<StoredAnswer, Task<StoredAnswer>> store, Func<Task> giveBack) : Admission, IAsyncDisposable
    {
        private readonly List<IDisposable> _places = [];
        private bool _charged;
        private bool _stored;

        /// <summary>Its answer is kept before its charge is made: without one there is no charge.</summary>
        internal bool MustBeKept { get; init; }

        public RequestId Request { get; } = request;

        /// <summary>When it was let in, in Unix seconds: every form of its answer says this time.</summary>
        public required long Created { get; init; }

        /// <summary>Pieces of all choices as they come; each choice ends with one <see cref="RunPart.Finished"/>.</summary>
        public IAsyncEnumerable<RunPart> Parts { get; } = parts;

        /// <summary>Before the first byte of a stream: pays what must be paid first, and returns it for the header PAYMENT-RESPONSE.</summary>
        public Task<SettlementResponse?> BeginStreamAsync() => begin();

        /// <summary>Charges what was delivered: the sum over all choices.</summary>
        public async Task<(TokenAmount Cost, SettlementResponse? Settlement)> ChargeAsync(IReadOnlyList<RunPart.Finished> ends)
        {
            var result = await charge(ends);
            _charged = true;
            return result;
        }

        /// <summary>Keeps the answer for a repeat, and returns what the request has for its answer: this one, unless another was there before.</summary>
        public Task<StoredAnswer> CompleteAsync(
            object body, JsonSerializerOptions json, TokenAmount cost, SettlementResponse? settlement, AttemptEvidence? evidence) =>
            CompleteAsync(new StoredAnswer(200, JsonSerializer.Serialize(body, json), StoredAnswers.Headers(Request, cost, settlement), cost, evidence));

        /// <summary>The same for a whole answer.</summary>
        public async Task<StoredAnswer> CompleteAsync(StoredAnswer answer)
        {
            var kept = await store(answer);
            _stored = true;
            return kept;
        }

        /// <summary>Keeps the run's place among those that run until it is over.</summary>
        internal bool Keep(IDisposable place)
        {
            _places.Add(place);
            return true;
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await (_charged && (_stored || !MustBeKept) ? Task.CompletedTask : giveBack());
            }
            finally
            {
                _places.ForEach(static place => place.Dispose());
                _places.Clear();
            }
        }
    }
}
