using Microsoft.Extensions.Logging;
using Ncn.Serving.Audits;
using Ncn.Serving.Receipts;

namespace Ncn.Serving.Validators;

/// <summary>What a gateway does for and by its validators, called every second: each part for itself, so that none waits for another's trouble.</summary>
public sealed class ValidatorRounds(PeriodCloser closer, LedgerDesk ledger, StandingWatch standings, AuditDesk audits, ILogger<ValidatorRounds> log)
{
    private readonly Part[] _parts =
    [
        new("The gateway is not announced to the validators", ledger.AnnounceAsync),
        new("Receipts are not committed", closer.TickAsync),
        new("How nodes stand is not known anew", standings.TickAsync),
        new("Audits are not looked after", audits.TickAsync),
    ];

    /// <summary>One round; a part that is still busy is left out.</summary>
    public Task TickAsync(CancellationToken cancellationToken) => Task.WhenAll(_parts.Select(part => part.TickAsync(log, cancellationToken)));

    private sealed class Part(string trouble, Func<CancellationToken, Task> tick)
    {
        private int _isBusy;

        internal async Task TickAsync(ILogger log, CancellationToken cancellationToken)
        {
            if (Interlocked.Exchange(ref _isBusy, 1) == 1)
            {
                return;
            }

            try
            {
                await tick(cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                log.LogWarning(failure, "{Trouble}; it is tried again", trouble);
            }
            finally
            {
                Volatile.Write(ref _isBusy, 0);
            }
        }
    }
}
