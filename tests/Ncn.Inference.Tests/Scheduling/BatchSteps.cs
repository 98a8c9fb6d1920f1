using Ncn.Inference.Scheduling;

namespace Ncn.Inference.Tests.Scheduling;

/// <summary>Step tables for <see cref="DynamicBatching"/>. A step is written "input → outputs"; requests are named by their ids.</summary>
internal sealed class BatchSteps(BatchRules rules)
{
    private BatchState _state = new(rules);

    public static BatchInput.Arrive Arrive(long id, long at, long group = 1, int rows = 1) => new(new BatchItem(id, group, rows, at));

    /// <param name="now">The end of the run.</param>
    /// <param name="answered">Callers that are expected back.</param>
    public static BatchInput.Finish Finish(long now, int answered = 0) => new(now, answered);

    public static BatchInput.Tick Tick(long now) => new(now);

    public BatchSteps Step(BatchInput input, string expected)
    {
        (_state, IReadOnlyList<BatchOutput> outputs) = DynamicBatching.Apply(_state, input);
        Assert.Equal($"{input}: {expected}", $"{input}: {string.Join(", ", outputs.Select(Show))}");
        return this;
    }

    private static string Show(BatchOutput output) => output switch
    {
        BatchOutput.Start start => "start " + string.Join(' ', start.Items.Select(item => item.Id)),
        BatchOutput.Dismiss dismiss => $"{dismiss.Reason} {dismiss.Id}",
        BatchOutput.WakeAt wake => $"wake {wake.Time}",
        _ => output.ToString(),
    };
}
