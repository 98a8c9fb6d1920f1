using System.Runtime.CompilerServices;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Answers;

/// <summary>A run that belongs to no connection: a bounded log of numbered parts, with any number of readers from any number on.</summary>
/// <remarks>
/// 1. a pump fills the log until the run ends; 2. a reader gets every part after the number that it names, those already there at once;
/// 3. a follower says that somebody waits for the answer: when the last one has gone and the patience is over, the run is stopped, and
/// the log ends with what was delivered; 4. a log that is full forgets its first parts once every reader has passed them, and the pump
/// waits for the slowest reader until then; 5. a node may begin while the price is being held: until it is, readers beside the one that pays wait.
/// </remarks>
public sealed class LiveAnswer(LiveAnswerSettings settings, TimeProvider time) : IDisposable
{
    // What a part weighs in a log beside its text.
    private const int PartCharacters = 64;

    private readonly Lock _turn = new();
    private readonly List<RunPart> _parts = [];
    private readonly List<Reader> _readers = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<AnswerCost> _cost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<StoredAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _changed;
    private TaskCompletionSource? _whole;
    private ITimer? _patience;
    private Exception? _failure;
    private long _last;
    private long _characters;
    private int _followers;
    private int _joined;
    private bool _ended;

    public RequestId Request => settings.Request;

    /// <summary>How the stream of this answer is written, for readers that come later.</summary>
    public LiveAnswerSettings Settings => settings;

    /// <summary>The number of the last part in the log; 0 before the first.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>Whether the run has ended, well or not.</summary>
    public bool IsEnded => Volatile.Read(ref _ended);

    /// <summary>Whether it ended because the request itself was no good, and not for want of a node.</summary>
    public bool IsRefused => IsEnded && _failure is ApiException { Error.Status: < 500 };

    /// <summary>Whether more than one reader got parts of it.</summary>
    public bool IsShared => Volatile.Read(ref _joined) > 1;

    /// <summary>Whether somebody asked for it to stop.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>What it cost: there once the charge is durable; failed when the run failed.</summary>
    public Task<AnswerCost> Cost => _cost.Task;

    /// <summary>The whole answer, once it is kept; failed when there will be none.</summary>
    public Task<StoredAnswer> Answer => _answer.Task;

    /// <summary>Fires when the run is to stop.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Fills the log. Returns when the run has ended; its failure is the readers'.</summary>
    /// <param name="watch">Told of each part before any reader; null when nobody wants to know.</param>
    internal async Task PumpAsync(IAsyncEnumerable<RunPart> parts, IRunWatch? watch = null)
    {
        ArgumentNullException.ThrowIfNull(parts);
        Exception? failure = null;
        try
        {
            await foreach (var part in parts)
            {
                watch?.Saw(part);
                await AppendAsync(part);
            }
        }
        catch (Exception failed)
        {
            failure = failed;
            watch?.Failed(failed);
        }

        End(failure);
    }

    /// <summary>
    /// All parts after <paramref name="after"/>, those to come included, to be read once. Nothing is read before the run is granted. Throws
    /// what the run threw, and 410 for parts that were forgotten. The log keeps them for this reader from now on.
    /// </summary>
    public IAsyncEnumerable<RunPart> ReadAsync(long after, CancellationToken cancellationToken = default) =>
        _granted.Task.IsCompletedSuccessfully ? ReadAsync(Join(after), cancellationToken) : ReadGrantedAsync(after, cancellationToken);

    /// <summary>The same for who began the run: it pays before it passes anything on, and waits for nobody.</summary>
    internal IAsyncEnumerable<RunPart> ReadAsOwnerAsync() => ReadAsync(Join(0), CancellationToken.None);

    // It joins only then: the run must not wait for a reader that waits for it.
    private async IAsyncEnumerable<RunPart> ReadGrantedAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _granted.Task.WaitAsync(cancellationToken);
        await foreach (var part in ReadAsync(Join(after), cancellationToken))
        {
            yield return part;
        }
    }

    private async IAsyncEnumerable<RunPart> ReadAsync(Reader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var (next, wait) = Take(reader);
                if (wait is not null)
                {
                    await wait.WaitAsync(cancellationToken);
                }
                else if (next is null)
                {
                    yield break;
                }
                else
                {
                    yield return next;
                }
            }
        }
        finally
        {
            Leave(reader);
        }
    }

    /// <summary>Waits until there is a part or the run has ended; throws what it threw when it ended without any.</summary>
    /// <param name="isWhole">Until it has ended, or the log is full, because nothing is read before.</param>
    public async Task FirstAsync(bool isWhole = false)
    {
        while (true)
        {
            Task wait;
            lock (_turn)
            {
                if (_ended || (isWhole ? _characters >= settings.MaxCharacters : _last > 0))
                {
                    ThrowIfFailedEmpty();
                    return;
                }

                wait = isWhole ? (_whole ??= Signal()).Task : Changed();
            }

            await wait;
        }
    }

    /// <summary>Somebody waits for the answer until <paramref name="gone"/> fires.</summary>
    public void Follow(CancellationToken gone)
    {
        lock (_turn)
        {
            _followers++;
            _patience?.Dispose();
            _patience = null;
        }

        gone.Register(Unfollow);
    }

    /// <summary>The run goes on whoever leaves: it will be asked for.</summary>
    public void GoOn() => Follow(CancellationToken.None);

    /// <summary>Stops the run; what was delivered is its answer.</summary>
    public void Cancel()
    {
        IsCancelled = true;
        _stop.Cancel();
    }

    /// <summary>It is paid for as far as it must be before a client sees of it: its price is held, or a transfer has arrived.</summary>
    public void Grant() => _granted.TrySetResult();

    /// <summary>The charge is durable.</summary>
    public void SetCost(AnswerCost cost) => _cost.TrySetResult(cost);

    /// <summary>The whole answer is kept.</summary>
    public void SetAnswer(StoredAnswer answer) => _answer.TrySetResult(answer);

    /// <summary>There will be no answer and no charge.</summary>
    public void Fail(Exception failure)
    {
        _granted.TrySetException(failure);
        _cost.TrySetException(failure);
        _answer.TrySetException(failure);

        // Seen by who waits for them; where nobody does, nothing is left unseen.
        _ = (_granted.Task.Exception, _cost.Task.Exception, _answer.Task.Exception);
    }

    public void Dispose()
    {
        _patience?.Dispose();
        _stop.Dispose();
    }

    private Task Changed() => (_changed ??= Signal()).Task;

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static long WeightOf(RunPart part) => PartCharacters + part switch
    {
        RunPart.Text text => text.Content.Length,
        RunPart.Sealed @sealed => @sealed.Content.Length,
        RunPart.Tensors tensors => tensors.Response.CalculateSize(),
        _ => 0,
    };

    private async Task AppendAsync(RunPart part)
    {
        while (true)
        {
            Task wait;
            lock (_turn)
            {
                Forget();
                if (_characters < settings.MaxCharacters || _readers.Count == 0 || _stop.IsCancellationRequested)
                {
                    _last++;
                    _parts.Add(part with { Sequence = _last });
                    _characters += WeightOf(part);
                    Pulse();
                    return;
                }

                _whole?.TrySetResult();
                wait = Changed();
            }

            await wait;
        }
    }

    // Parts that every reader has passed may go when the log is full. Without readers the newest parts are kept.
    private void Forget()
    {
        if (_characters < settings.MaxCharacters)
        {
            return;
        }

        var passed = _readers.Count == 0 ? _last : _readers.Min(static reader => reader.At);
        var gone = 0;
        while (_characters >= settings.MaxCharacters && gone < _parts.Count && _parts[gone].Sequence <= passed)
        {
            _characters -= WeightOf(_parts[gone++]);
        }

        _parts.RemoveRange(0, gone);
    }

    private void End(Exception? failure)
    {
        lock (_turn)
        {
            _failure = failure;
            _ended = true;
            EndedAt = time.GetUtcNow();
            _patience?.Dispose();
            _patience = null;
            _whole?.TrySetResult();
            Pulse();
        }

        if (failure is not null)
        {
            Fail(Again(failure));
        }

        settings.Ended?.Invoke(this);
    }

    private Reader Join(long after)
    {
        lock (_turn)
        {
            var reader = new Reader { At = after };
            _readers.Add(reader);
            _joined++;
            return reader;
        }
    }

    private void Leave(Reader reader)
    {
        lock (_turn)
        {
            _readers.Remove(reader);
            Pulse();
        }
    }

    private (RunPart? Next, Task? Wait) Take(Reader reader)
    {
        lock (_turn)
        {
            if (reader.At >= _last)
            {
                return _ended ? (EndOf(), null) : (null, Changed());
            }

            var first = _last - _parts.Count + 1;
            if (reader.At + 1 < first)
            {
                throw new ApiException(new ApiError(
                    410, "events_gone", $"The parts up to {first - 1} of request {Request} are no longer kept; ask for the whole answer."));
            }

            reader.At++;
            if (_characters >= settings.MaxCharacters)
            {
                Pulse();
            }

            return (_parts[(int)(reader.At - first)], null);
        }
    }

    private RunPart? EndOf() => _failure is null ? null : throw Again(_failure);

    private void ThrowIfFailedEmpty()
    {
        if (_last == 0 && _failure is not null)
        {
            throw Again(_failure);
        }
    }

    // Each reader gets an exception of its own: one object thrown at several places would mix their traces.
    private static Exception Again(Exception failure) => failure switch
    {
        ApiException refused => new ApiException(refused.Error),
        OperationCanceledException => new OperationCanceledException("The run was stopped."),
        _ => new InvalidOperationException("The run failed.", failure),
    };

    private void Unfollow()
    {
        lock (_turn)
        {
            if (--_followers > 0 || _ended)
            {
                return;
            }

            if (settings.Patience > TimeSpan.Zero)
            {
                _patience = time.CreateTimer(static state => ((LiveAnswer)state!).StopIfAlone(), this, settings.Patience, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        _stop.Cancel();
    }

    private void StopIfAlone()
    {
        lock (_turn)
        {
            if (_followers > 0 || _ended)
            {
                return;
            }
        }

        _stop.Cancel();
    }

    private void Pulse()
    {
        _changed?.TrySetResult();
        _changed = null;
    }

    private sealed class Reader
    {
        public long At { get; set; }
    }
}
