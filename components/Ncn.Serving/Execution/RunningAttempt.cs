using Microsoft.Extensions.Logging;

namespace Ncn.Serving.Execution;

/// <summary>An attempt under way: its first part is asked for at once, the others when somebody wants them.</summary>
internal sealed class RunningAttempt(uint number, Ncn.Protocol.Address node, IAsyncEnumerator<RunPart> parts, CancellationTokenSource stop)
{
    public uint Number { get; } = number;

    public Ncn.Protocol.Address Node { get; } = node;

    public RunPart Current => parts.Current;

    /// <summary>The first part on its way.</summary>
    public Task<bool>? First { get; private set; } = parts.MoveNextAsync().AsTask();

    /// <summary>Waits for the next part. Throws what the attempt failed with.</summary>
    public ValueTask<bool> NextAsync()
    {
        if (First is not { } first)
        {
            return parts.MoveNextAsync();
        }

        First = null;
        return new ValueTask<bool>(first);
    }

    /// <summary>Another attempt was faster: the node is told to stop, and its receipt, which is for what it had sent by then, is still honoured.</summary>
    public async Task BeatAsync(ILogger log)
    {
        try
        {
            await stop.CancelAsync();
            while (await NextAsync())
            {
            }
        }
        catch (Exception failed)
        {
            log.LogInformation("Node {Node} was stopped because another was faster, and ended with: {Reason}", Node, failed.Message);
        }
        finally
        {
            await parts.DisposeAsync();
            stop.Dispose();
        }
    }

    /// <summary>The attempt ended, or nobody reads on.</summary>
    public async ValueTask EndAsync()
    {
        await parts.DisposeAsync();
        stop.Dispose();
    }
}
