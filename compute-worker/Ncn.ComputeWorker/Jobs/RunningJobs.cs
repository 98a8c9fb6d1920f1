using System.Collections.Concurrent;
using Ncn.Inference.Scheduling;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>The attempts that run here now: each at most once, and no more than there are slots.</summary>
internal sealed class RunningJobs(RequestSlots slots)
{
    private readonly ConcurrentDictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <summary>Slots of this node.</summary>
    public RequestSlots Slots { get; } = slots;

    /// <summary>Attempts that run now.</summary>
    public int Count => _places.Count;

    /// <summary>Takes a slot for an attempt; disposing gives it back.</summary>
    /// <exception cref="JobRefusedException">No slot is free, or the attempt runs already.</exception>
    public Place Enter(InferenceJob job)
    {
        IDisposable slot = Slots.TryEnter()
            ?? throw new JobRefusedException(JobRefusalReason.Busy, $"All {Slots.Total} slots of this node are in use, or it is stopping.");
        string key = RunningJob.Key(job.RequestId, job.Attempt);
        var place = new Place(this, key, slot);
        if (_places.TryAdd(key, place))
        {
            return place;
        }

        slot.Dispose();
        throw new JobRefusedException(JobRefusalReason.Repeated, "This attempt of the request runs here already.");
    }

    /// <summary>Stops an attempt in good order; false when it does not run here.</summary>
    public bool Stop(RequestId request, uint attempt)
    {
        bool known = _places.TryGetValue(RunningJob.Key(request, attempt), out Place? place);
        place?.Tell(static job => job.Stop());
        return known;
    }

    /// <summary>Breaks off everything that runs: the process is about to end.</summary>
    public void BreakOff()
    {
        foreach (Place place in _places.Values)
        {
            place.Tell(static job => job.BreakOff());
        }
    }

    /// <summary>One attempt's slot.</summary>
    internal sealed class Place(RunningJobs owner, string key, IDisposable slot) : IDisposable
    {
        private readonly Lock _gate = new();
        private RunningJob? _job;
        private IDisposable? _model;
        private readonly List<Action<RunningJob>> _words = [];
        private bool _left;

        /// <summary>Takes a hold of the model, which is given back with the slot.</summary>
        public void Keep(IDisposable model) => _model = model;

        /// <summary>Says which job sits here; it hears at once what it was told before it came.</summary>
        public void Seat(RunningJob job)
        {
            lock (_gate)
            {
                _job = job;
                _words.ForEach(word => word(job));
            }
        }

        /// <summary>Tells the job that sits here, or that will; nobody, after it left.</summary>
        public void Tell(Action<RunningJob> word)
        {
            lock (_gate)
            {
                if (_job is null)
                {
                    _words.Add(word);
                }
                else if (!_left)
                {
                    word(_job);
                }
            }
        }

        public void Dispose()
        {
            lock (_gate)
            {
                if (_left)
                {
                    return;
                }

                _left = true;
            }

            owner._places.TryRemove(key, out _);
            _model?.Dispose();
            slot.Dispose();
        }
    }
}
