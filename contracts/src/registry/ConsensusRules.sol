// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IConsensus} from "./IConsensus.sol";
import {SetBlob} from "./SetBlob.sol";

/// @title What a signature proves
/// @notice The part of consensus that needs no memory: digests, quorums, contradictions, sets as code.
/// @dev The registry's constructor makes its own and asks nobody else; a contract of its own because both
/// together are larger than code may be. Whoever calls is the verifyingContract of the votes.
contract ConsensusRules {
    using SetBlob for uint256;

    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    );
    bytes32 private constant NAME_HASH = keccak256("NCN-Consensus");
    bytes32 private constant VERSION_HASH = keccak256("1");
    bytes32 private constant VOTE_TYPEHASH =
        keccak256("Vote(uint8 kind,uint64 epoch,uint64 view,bytes32 blockHash)");
    bytes32 private constant CHECKPOINT_TYPEHASH = keccak256(
        "Checkpoint(uint64 epoch,uint64 height,bytes32 blockHash,bytes32 stateRoot,bytes32 receiptsRoot,bytes32 rewardsRoot,bytes32 nextSetHash)"
    );
    uint256 private constant SIGNATURE_LENGTH = 64;
    uint8 private constant NOTARIZE = 1;
    uint8 private constant NULLIFY = 2;
    uint8 private constant FINALIZE = 3;

    /// @notice Puts a set in order and into the code of a contract, once.
    function seal(uint256[] memory members)
        external
        returns (address blob, bytes32 setHash, uint128 totalWeight)
    {
        Arrays.sort(members);
        for (uint256 i = 0; i < members.length; ++i) {
            // At most 100 weights below 2^96.
            // forge-lint: disable-next-line(unsafe-typecast)
            totalWeight += uint128(members[i].weightOf());
        }
        setHash = keccak256(abi.encodePacked(members));
        blob = SetBlob.write(members);
    }

    /// @notice Reverts unless more than two thirds of the set's weight signed the checkpoint; answers with
    /// the checkpoint's struct hash.
    function checkQuorum(
        bytes32 salt,
        address blob,
        IConsensus.Checkpoint calldata checkpoint,
        uint256 signers,
        bytes calldata signatures
    ) external view returns (bytes32 contentHash) {
        contentHash = _hashOf(checkpoint);
        bytes32 digest = _digest(msg.sender, salt, contentHash);
        uint256[] memory set = SetBlob.read(blob);
        if (signers >> set.length != 0) revert IConsensus.InvalidSigners(signers);
        (uint256 signed, uint256 total, uint256 offset) = (0, 0, 0);
        for (uint256 i = 0; i < set.length; ++i) {
            uint256 weight = set[i].weightOf();
            total += weight;
            if (signers >> i & 1 == 0) continue;
            uint256 end = offset + SIGNATURE_LENGTH;
            if (signatures.length < end) revert IConsensus.InvalidSignaturesLength(signatures.length);
            if (_signerOf(digest, signatures[offset:end]) != set[i].keyOf()) {
                revert IConsensus.InvalidSignatureOf(i);
            }
            signed += weight;
            offset = end;
        }
        if (signatures.length != offset) revert IConsensus.InvalidSignaturesLength(signatures.length);
        if (3 * signed <= 2 * total) revert IConsensus.NoQuorum(signed, total);
    }

    /// @notice Who of the set signed both votes, which no honest validator does.
    /// @dev E1 two blocks notarized, E2 two finalized, E4 one notarized and another finalized; E3 one
    /// finalized and the view nullified. Legal: notarize and nullify; anything in two views.
    function conflictingVoter(
        bytes32 salt,
        address blob,
        IConsensus.Vote calldata a,
        bytes calldata signatureA,
        IConsensus.Vote calldata b,
        bytes calldata signatureB
    ) external view returns (address) {
        if (!_conflict(a, b)) revert IConsensus.NoConflict();
        address key = _signerOf(_digest(msg.sender, salt, _hashOf(a)), signatureA);
        if (key != _signerOf(_digest(msg.sender, salt, _hashOf(b)), signatureB)) {
            revert IConsensus.InvalidSignature();
        }
        return _memberOf(blob, a.epoch, key);
    }

    /// @notice Who of the set signed both checkpoints, which no honest validator does (E5).
    function conflictingSigner(
        bytes32 salt,
        address blob,
        IConsensus.Checkpoint calldata a,
        bytes calldata signatureA,
        IConsensus.Checkpoint calldata b,
        bytes calldata signatureB
    ) external view returns (address) {
        (bytes32 hashA, bytes32 hashB) = (_hashOf(a), _hashOf(b));
        if (a.height != b.height || hashA == hashB) revert IConsensus.NoConflict();
        address key = _signerOf(_digest(msg.sender, salt, hashA), signatureA);
        if (key != _signerOf(_digest(msg.sender, salt, hashB), signatureB)) {
            revert IConsensus.InvalidSignature();
        }
        return _memberOf(blob, a.epoch > b.epoch ? a.epoch : b.epoch, key);
    }

    /// @notice EIP-712 digest of a vote.
    /// @param registry The verifyingContract.
    /// @param salt The registry's networkSalt of the subnet.
    function voteDigest(address registry, bytes32 salt, IConsensus.Vote calldata vote)
        external
        view
        returns (bytes32)
    {
        return _digest(registry, salt, _hashOf(vote));
    }

    /// @notice EIP-712 digest of a checkpoint.
    function checkpointDigest(address registry, bytes32 salt, IConsensus.Checkpoint calldata checkpoint)
        external
        view
        returns (bytes32)
    {
        return _digest(registry, salt, _hashOf(checkpoint));
    }

    /// @dev Never cached: a fork of the chain has another id, and its votes are no evidence here.
    function _digest(address registry, bytes32 salt, bytes32 structHash) private view returns (bytes32) {
        bytes32 separator =
            keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, registry, salt));
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    function _memberOf(address blob, uint64 epoch, address key) private view returns (address) {
        uint256[] memory set = SetBlob.read(blob);
        for (uint256 i = 0; i < set.length; ++i) {
            if (set[i].keyOf() == key) return key;
        }
        revert IConsensus.NotInSet(epoch, key);
    }

    function _hashOf(IConsensus.Vote calldata vote) private pure returns (bytes32) {
        return keccak256(abi.encode(VOTE_TYPEHASH, vote));
    }

    function _hashOf(IConsensus.Checkpoint calldata checkpoint) private pure returns (bytes32) {
        return keccak256(abi.encode(CHECKPOINT_TYPEHASH, checkpoint));
    }

    /// @dev Reverts unless the signature is 64 bytes r, yParityAndS with low s, and somebody's.
    function _signerOf(bytes32 digest, bytes calldata signature) private pure returns (address signer) {
        if (signature.length != SIGNATURE_LENGTH) revert IConsensus.InvalidSignature();
        (signer,,) = ECDSA.tryRecover(digest, bytes32(signature[:32]), bytes32(signature[32:]));
        if (signer == address(0)) revert IConsensus.InvalidSignature();
    }

    function _conflict(IConsensus.Vote calldata a, IConsensus.Vote calldata b) private pure returns (bool) {
        if (!_isWellFormed(a) || !_isWellFormed(b)) return false;
        if (a.epoch != b.epoch || a.view_ != b.view_) return false;
        if (a.kind == NULLIFY) return b.kind == FINALIZE;
        if (b.kind == NULLIFY) return a.kind == FINALIZE;
        return a.blockHash != b.blockHash;
    }

    function _isWellFormed(IConsensus.Vote calldata vote) private pure returns (bool) {
        if (vote.kind == NULLIFY) return vote.blockHash == 0;
        return (vote.kind == NOTARIZE || vote.kind == FINALIZE) && vote.blockHash != 0;
    }
}
