namespace Ncn.ComputeWorker.Network;

/// <summary>When to look after the gateways: at every tick of a clock, and at once when the node's models change.</summary>
internal sealed class Beats(PeriodicTimer clock, NodeModels models, CancellationToken cancellationToken)
{
    private Task<bool> _tick = clock.WaitForNextTickAsync(cancellationToken).AsTask();
    private Task _change = models.ChangedAsync(cancellationToken);

    /// <summary>Completes at the next beat; false when the clock has stopped.</summary>
    public async Task<bool> NextAsync()
    {
        if (await Task.WhenAny(_change, _tick) == _change)
        {
            await _change;
            _change = models.ChangedAsync(cancellationToken);
            return true;
        }

        bool goesOn = await _tick;
        _tick = clock.WaitForNextTickAsync(cancellationToken).AsTask();
        return goesOn;
    }
}
