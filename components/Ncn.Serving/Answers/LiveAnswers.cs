using Microsoft.Extensions.Options;
using Ncn.Protocol;

namespace Ncn.Serving.Answers;

/// <summary>The answers that run in this process or ended a short while ago, by request.</summary>
/// <remarks>Answers queue up as they end: whichever goes next is at the front, so that opening one costs the same however many are kept.</remarks>
public sealed class LiveAnswers : IDisposable
{
    private readonly Lock _turn = new();
    private readonly Dictionary<RequestId, LiveAnswer> _answers = [];
    private readonly Queue<LiveAnswer> _ended = [];
    private readonly AnswersOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;

    public LiveAnswers(IOptions<AnswersOptions> options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (_options, _time) = (options.Value, time);
        var period = TimeSpan.FromSeconds(Math.Max(1, _options.KeptSeconds / 4));
        _sweep = time.CreateTimer(static state => ((LiveAnswers)state!).Sweep(), this, period, period);
    }

    /// <summary>How many are kept.</summary>
    public int Count
    {
        get
        {
            lock (_turn)
            {
                return _answers.Count;
            }
        }
    }

    /// <summary>A new one; it takes the place of an earlier run of the same request.</summary>
    /// <param name="resumable">True when the client can repeat the request: it then goes on for a while after the client left.</param>
    public LiveAnswer Open(RequestId request, string dialect, AnswerContext context, bool resumable)
    {
        var patience = resumable ? TimeSpan.FromSeconds(_options.ResumeSeconds) : TimeSpan.Zero;
        var settings = new LiveAnswerSettings(request, dialect, context, patience, _options.MaxCharacters) { Ended = LineUp };
        var answer = new LiveAnswer(settings, _time);
        lock (_turn)
        {
            _answers[request] = answer;
            Trim();
        }

        return answer;
    }

    /// <summary>The answer of a request; null when it does not run here, or ended too long ago.</summary>
    public LiveAnswer? Find(RequestId request)
    {
        lock (_turn)
        {
            return _answers.GetValueOrDefault(request);
        }
    }

    /// <summary>Forgets a run that came to nothing.</summary>
    public void Drop(LiveAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        lock (_turn)
        {
            Remove(answer);
        }
    }

    public void Dispose() => _sweep.Dispose();

    private void LineUp(LiveAnswer answer)
    {
        lock (_turn)
        {
            _ended.Enqueue(answer);
            Trim();
        }
    }

    private void Sweep()
    {
        var over = _time.GetUtcNow() - TimeSpan.FromSeconds(_options.KeptSeconds);
        lock (_turn)
        {
            while (_ended.TryPeek(out var oldest) && oldest.EndedAt <= over)
            {
                Remove(_ended.Dequeue());
            }
        }
    }

    // Those that were dropped or replaced stand in line too: the line is held to the same number.
    private void Trim()
    {
        while ((_answers.Count > _options.MaxKept || _ended.Count > _options.MaxKept) && _ended.TryDequeue(out var oldest))
        {
            Remove(oldest);
        }
    }

    private void Remove(LiveAnswer answer)
    {
        if (_answers.TryGetValue(answer.Request, out var kept) && kept == answer)
        {
            _answers.Remove(answer.Request);
        }
    }
}
