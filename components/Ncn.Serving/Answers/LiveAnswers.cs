using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Ncn.Protocol;

namespace Ncn.Serving.Answers;

/// <summary>The answers that run in this process or ended a short while ago, by request.</summary>
public sealed class LiveAnswers : IDisposable
{
    private readonly ConcurrentDictionary<RequestId, LiveAnswer> _answers = [];
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
    public int Count => _answers.Count;

    /// <summary>A new one; it takes the place of an earlier run of the same request.</summary>
    /// <param name="resumable">True when the client can repeat the request: it then goes on for a while after the client left.</param>
    public LiveAnswer Open(RequestId request, string dialect, AnswerContext context, bool resumable)
    {
        var patience = resumable ? TimeSpan.FromSeconds(_options.ResumeSeconds) : TimeSpan.Zero;
        var answer = new LiveAnswer(new LiveAnswerSettings(request, dialect, context, patience, _options.MaxCharacters), _time);
        _answers[request] = answer;
        if (_answers.Count > _options.MaxKept)
        {
            Sweep();
        }

        return answer;
    }

    /// <summary>The answer of a request; null when it does not run here, or ended too long ago.</summary>
    public LiveAnswer? Find(RequestId request) => _answers.GetValueOrDefault(request);

    /// <summary>Forgets a run that came to nothing.</summary>
    public void Drop(LiveAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        _answers.TryRemove(KeyValuePair.Create(answer.Request, answer));
    }

    public void Dispose() => _sweep.Dispose();

    private void Sweep()
    {
        var over = _time.GetUtcNow() - TimeSpan.FromSeconds(_options.KeptSeconds);
        var ended = _answers.Values.Where(static answer => answer.IsEnded).OrderBy(static answer => answer.EndedAt).ToArray();
        // Where there are too many, room is made for an eighth at once: a look at all of them for each new one would cost more than the request.
        var tooMany = _answers.Count > _options.MaxKept ? _answers.Count - _options.MaxKept + (_options.MaxKept / 8) : 0;
        foreach (var answer in ended.Where((answer, index) => index < tooMany || answer.EndedAt <= over))
        {
            Drop(answer);
        }
    }
}
