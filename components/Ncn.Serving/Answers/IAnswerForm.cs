using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Answers;

/// <summary>How one dialect's answers look: whole, as an error, and as a stream. Registered in the container, found by its dialect.</summary>
/// <remarks>Whoever finishes a request shapes its answer by this alone: the endpoint, a run that goes on without its client, the queue, a batch.</remarks>
public interface IAnswerForm
{
    /// <summary>The <see cref="Requests.Order.Dialect"/> that it is for.</summary>
    string Dialect { get; }

    /// <summary>The whole answer to a request that ended.</summary>
    /// <param name="parts">All parts of its run in order, one <see cref="RunPart.Finished"/> a choice among them.</param>
    StoredAnswer Whole(AnswerContext context, IReadOnlyList<RunPart> parts, AnswerCost cost);

    /// <summary>The body of an error: JSON.</summary>
    string Error(ApiError error);

    /// <summary>A stored answer as the events of a stream, without the final [DONE].</summary>
    IEnumerable<StreamEvent> Replay(AnswerContext context, StoredAnswer answer);

    /// <summary>A stream to be written as its parts come; null where the dialect has no streams.</summary>
    IAnswerEvents? Stream(AnswerContext context);
}

/// <summary>One stream of one answer: turns each part into events. Fed every part from the first, in order.</summary>
public interface IAnswerEvents
{
    /// <summary>The events of a part; none for one that says nothing to the client.</summary>
    /// <param name="cost">What the request cost: there from the last part on.</param>
    IEnumerable<StreamEvent> Write(RunPart part, AnswerCost? cost);

    /// <summary>The events that tell of a failure after the stream began.</summary>
    IEnumerable<StreamEvent> Fail(ApiError error);

    /// <summary>What follows the last event on the wire, such as "[DONE]"; null for nothing.</summary>
    string? End { get; }
}

/// <summary>What an answer says of its request.</summary>
/// <param name="Created">Unix seconds.</param>
/// <param name="Body">The request's body as it came.</param>
public record AnswerContext(RequestId Request, string Model, long Created, ReadOnlyMemory<byte> Body);

/// <summary>What a request cost.</summary>
/// <param name="Amount">Atomic units.</param>
/// <param name="Settlement">The PAYMENT-RESPONSE value; null where nothing is paid.</param>
public sealed record AnswerCost(TokenAmount Amount, SettlementResponse? Settlement);

/// <summary>One event of a stream.</summary>
/// <param name="Name">The event's type; null for none.</param>
/// <param name="Data">UTF-8 JSON without line breaks.</param>
public sealed record StreamEvent(string? Name, ReadOnlyMemory<byte> Data);
