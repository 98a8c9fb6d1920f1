using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Consensus;

/// <summary>Lies that are made of the past: what was said once is said again, an old disk is put back, history is written anew.</summary>
internal sealed class OldWords(ValidatorProcess self)
{
    private const int MostKept = 300;
    private readonly List<ConsensusMessage> _heard = [];
    private IReadOnlyDictionary<string, object?>? _copy;

    internal void Hear(ConsensusMessage message)
    {
        if (_heard.Count < MostKept)
        {
            _heard.Add(message);
        }
        else
        {
            _heard[(int)self.World.Below(MostKept)] = message;
        }
    }

    /// <summary>Some of it goes to everybody, a part of it as if another network's.</summary>
    internal void Repeat()
    {
        for (var i = 0; i < 4 && _heard.Count > 0; i++)
        {
            var message = _heard[(int)self.World.Below((ulong)_heard.Count)];
            if (message is ConsensusMessage.Proposed { Proposal.Block.Header: var header } proposed && header.Proposer == self.State.Epoch.Own && self.World.Below(2) == 0)
            {
                message = FalseBlocks.With(self, proposed.Proposal, static header => header with { Network = Names.Content(99) });
            }

            foreach (var other in self.Network.All.Where(other => other != self))
            {
                self.Speak(other, message);
            }
        }
    }

    /// <summary>Now and then the disk is copied; later the copy is put back, and the same key goes on from there.</summary>
    internal void Restore()
    {
        if (_copy is null || self.World.Below(3) == 0)
        {
            _copy = self.Disk.Copy();
        }
        else if (self.World.Below(2) == 0)
        {
            self.Crash();
            self.Disk.Restore(_copy);
            self.World.Schedule(self.World.Now + 20 + self.World.Below(300), new Kernel.WorldEvent(self.Restart));
        }
    }

    /// <summary>Another end of an epoch that the chain knows the end of already, by all who voted then: their stake may be gone.</summary>
    internal VerifiedEpochProof? FalseProof(ulong epoch)
    {
        var proof = self.Rows.Proofs.GetValueOrDefault(epoch);
        if (proof is null || self.Network.Registry.At(proof.End.Height) is null)
        {
            return null;
        }

        var header = proof.End.Header;
        var set = epoch == 1 ? self.Network.Profile.First : self.Network.Registry.SetOf(self.Rows.Proofs[epoch - 1].End.Header.Roots.NextSet);
        var end = Block.Of(header with { Context = header.Context with { Time = header.Context.Time + 1 } }, proof.End.Operations)!;
        var vote = new Vote(VoteKind.Finalize, epoch, end.View, end.Hash);
        self.Network.Invariants.Sold.UnionWith(set.Members.Select(member => (member.Key, epoch)));
        var finalization = VerifiedCertificate.Of(set.Members.Select((member, signer) => VerifiedVote.Trust(vote, signer, self.Network.Profile.Keys.Sign(member.Key, vote))), set)!;
        return VerifiedEpochProof.Of(finalization, [end]);
    }

    /// <summary>The false end's Finalization goes to everybody who is past it.</summary>
    internal void Rewrite()
    {
        var epoch = self.State.Epoch.Number - 1;
        if (epoch > 0 && FalseProof(epoch) is { } proof)
        {
            foreach (var other in self.Network.All.Where(other => other != self && other.State.Epoch.Number > epoch))
            {
                self.Speak(other, new ConsensusMessage.Certified(proof.Finalization));
            }
        }
    }
}
