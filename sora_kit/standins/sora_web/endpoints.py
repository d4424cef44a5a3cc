"""The names of the endpoints, as faults and statistics use them."""

from __future__ import annotations

__all__ = ("ENDPOINTS", "SUBMISSIONS")

ENDPOINTS: dict[str, str] = {
    "me": "GET /backend/me",
    "subscriptions": "GET /backend/billing/subscriptions",
    "nf_check": "GET /backend/nf/check",
    "invite_mine": "GET /backend/project_y/invite/mine",
    "bootstrap": "GET /backend/m/bootstrap",
    "invite_accept": "POST /backend/project_y/invite/accept",
    "username_check": "POST /backend/project_y/profile/username/check",
    "username_set": "POST /backend/project_y/profile/username/set",
    "uploads": "POST /backend/uploads",
    "video_gen": "POST /backend/video_gen",
    "recent_tasks": "GET /backend/v2/recent_tasks",
    "nf_create": "POST /backend/nf/create",
    "storyboard": "POST /backend/nf/create/storyboard",
    "extension": "POST /backend/project_y/profile/drafts/{generation_id}/long_video_extension",
    "pending": "GET /backend/nf/pending/v2",
    "drafts": "GET /backend/project_y/profile/drafts",
    "post_create": "POST /backend/project_y/post",
    "post_delete": "DELETE /backend/project_y/post/{post_id}",
    "post_get": "GET /backend/project_y/post/{post_id}",
    "character_upload": "POST /backend/characters/upload",
    "character_from_generation": "POST /backend/characters/from-generation",
    "cameo_status": "GET /backend/project_y/cameos/in_progress/{cameo_id}",
    "file_upload": "POST /backend/project_y/file/upload",
    "character_finalize": "POST /backend/characters/finalize",
    "cameo_update": "POST /backend/project_y/cameos/by_id/{cameo_id}/update_v2",
    "character_delete": "DELETE /backend/project_y/characters/{character_id}",
    "enhance_prompt": "POST /backend/editor/enhance_prompt",
    "auth_session": "GET /api/auth/session",
    "oauth_token": "POST /oauth/token",
    "drafts_v2": "GET /backend/project_y/profile/drafts/v2",
    "draft_get": "GET /backend/project_y/profile/drafts/v2/{generation_id}",
    "media": "GET /az/files/{file}",
}
"""Method and path by name. The first 29 are the protocol that clients use."""

SUBMISSIONS = ("nf_create", "storyboard", "extension", "video_gen")
"""Those that start a task."""
