# The kernel's test camera: what a door negotiates with it. `doctor` opens the camera as the door does.
"$GUEST/camera.sh" pattern
# sees WIDTH HEIGHT: what doctor says of the camera (it has other findings too, so its exit code is no matter)
sees() {
  { kiosk doctor --json --set camera.width="$1" --set camera.height="$2" || true; } \
    | jq -r '.checks[] | select(.name == "camera").detail'
}
for size in 640x360 320x180 1280x720; do
  holds "a camera without MJPEG is read as YUYV at $size" grep -F "($size Yuyv)" <<<"$(sees "${size%x*}" "${size#*x}")"
done
said=$(sees 650 470)
holds "a size that it hasn't becomes one that it has: $said" grep -E '\([0-9]+x[0-9]+ Yuyv\)' <<<"$said"
